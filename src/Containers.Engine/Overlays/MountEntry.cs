using System.Text;
using Containers.Interop;

namespace Containers.Engine.Overlays;

/// <summary>A mount of a mount namespace (proc_pid_mountinfo(5)).</summary>
/// <param name="Id">Its number.</param>
/// <param name="ParentId">The number of the mount that it lies in.</param>
/// <param name="Device">The file system's device: <c>0:57</c>.</param>
/// <param name="Root">The folder of the file system that is seen.</param>
/// <param name="Path">Where it is mounted, from the root of the process that was asked.</param>
/// <param name="Flags">What holds for the mount: <c>rw</c>, <c>nosuid</c>.</param>
/// <param name="Type">The file system's type.</param>
/// <param name="Options">The file system's options, as the kernel writes them.</param>
internal sealed record MountEntry(int Id, int ParentId, string Device, string Root, string Path, IReadOnlyList<string> Flags, string Type, IReadOnlyList<string> Options)
{
    /// <summary>The mounts of a process's mount namespace, in the order in which they were mounted.</summary>
    /// <param name="process">A pid, or <c>self</c>.</param>
    /// <returns>The mounts; none where the process is gone.</returns>
    public static IReadOnlyList<MountEntry> Read(string process) => Parse(Files.ReadText(Files.CurrentFolder, $"/proc/{process}/mountinfo") ?? string.Empty);

    /// <summary>Reads the text of a mountinfo file.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The mounts.</returns>
    public static IReadOnlyList<MountEntry> Parse(string text)
    {
        var mounts = new List<MountEntry>();
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // 36 35 98:0 /root /mount/point rw,flags shared:1 master:2 - type source options: the fields before the dash vary in number.
            string[] fields = line.Split(' ');
            int dash = fields.Length > 6 ? Array.IndexOf(fields, "-", 6) : -1;
            if (dash >= 0 && dash + 3 < fields.Length && int.TryParse(fields[0], out int id) && int.TryParse(fields[1], out int parent))
            {
                // A comma in an option's value is escaped, so that options are told apart before they are read.
                mounts.Add(new MountEntry(
                    id, parent, fields[2], Unescape(fields[3]), Unescape(fields[4]), fields[5].Split(','), fields[dash + 1], [.. fields[dash + 3].Split(',').Select(Unescape)]));
            }
        }

        return mounts;
    }

    /// <summary>The number of the mount that an open file lies in.</summary>
    /// <param name="file">The file; O_PATH is enough.</param>
    /// <returns>The number, or -1.</returns>
    public static int IdOf(FileDescriptor file) => IdOf($"/proc/self/fdinfo/{file.Number}");

    /// <summary>The number of the mount that a process's open file lies in.</summary>
    /// <param name="fdinfo">The file's entry in /proc/PID/fdinfo.</param>
    /// <returns>The number, or -1.</returns>
    public static int IdOf(string fdinfo)
    {
        const string key = "mnt_id:";
        string? line = Files.ReadText(Files.CurrentFolder, fdinfo)?.Split('\n').FirstOrDefault(static line => line.StartsWith(key, StringComparison.Ordinal));
        return line is not null && int.TryParse(line.AsSpan(key.Length).Trim(), out int id) ? id : -1;
    }

    /// <summary>Whether a path is this mount's, or lies below it.</summary>
    /// <param name="path">An absolute path without links.</param>
    public bool Covers(string path) => IsBelow(path, Path);

    /// <summary>Whether a path is another, or lies below it.</summary>
    /// <param name="path">The path, absolute and without links.</param>
    /// <param name="above">The other.</param>
    public static bool IsBelow(string path, string above) =>
        above == "/" || path == above || (path.Length > above.Length && path[above.Length] == '/' && path.StartsWith(above, StringComparison.Ordinal));

    /// <summary>Reads a field: space, tab, newline, backslash, # and, in options, comma are written as <c>\ooo</c>.</summary>
    /// <param name="text">The field.</param>
    /// <returns>What it says.</returns>
    public static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int length = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] == '\\' && i + 3 < bytes.Length && IsOctal(bytes[i + 1]) && IsOctal(bytes[i + 2]) && IsOctal(bytes[i + 3]))
            {
                bytes[length++] = (byte)(((bytes[i + 1] - '0') << 6) | ((bytes[i + 2] - '0') << 3) | (bytes[i + 3] - '0'));
                i += 3;
            }
            else
            {
                bytes[length++] = bytes[i];
            }
        }

        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private static bool IsOctal(byte digit) => digit is >= (byte)'0' and <= (byte)'7';
}
