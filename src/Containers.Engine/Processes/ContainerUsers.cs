using System.Globalization;
using System.Text;
using Containers.Engine.Layers;
using Containers.Engine.Runtime;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Processes;

/// <summary>
/// The users' names of a container, from the /etc/passwd that its first process sees. What is there is the container's doing: it is resolved inside its root,
/// looked at before it is opened, and read only where it is a small regular file.
/// </summary>
internal static class ContainerUsers
{
    private const int LargestFile = 1 << 20;

    /// <summary>Reads the names.</summary>
    /// <param name="first">The container's first process.</param>
    /// <returns>The names by number; none where they cannot be read.</returns>
    public static IReadOnlyDictionary<uint, string> Read(ProcessIdentity first)
    {
        var names = new Dictionary<uint, string>();
        using FileDescriptor? root = Files.TryOpen(Files.CurrentFolder, $"/proc/{first.Pid}/root", LibC.O_PATH | LibC.O_DIRECTORY, 0, out _);

        // Asked after it was opened: then it is the root of that process and of no other that got its number.
        using FileDescriptor? file = root is not null && first.IsAlive
            ? FolderEntries.TryOpen2(root.Number, "etc/passwd"u8, LibC.O_PATH | LibC.O_NOFOLLOW, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out _) : null;
        if (file is null || FileInspection.StatusOf(file) is not { Kind: FileKind.Regular, Size: <= LargestFile })
        {
            return names;
        }

        using FileDescriptor? readable = FileInspection.TryReopen(file, LibC.O_RDONLY | LibC.O_NONBLOCK, out _);
        Span<Range> fields = stackalloc Range[4];
        foreach (ReadOnlySpan<char> line in ReadText(readable).AsSpan().EnumerateLines())
        {
            if (line.Split(fields, ':') == 4 && uint.TryParse(line[fields[2]], NumberStyles.None, CultureInfo.InvariantCulture, out uint user) && !line[fields[0]].IsEmpty)
            {
                // The first one counts, as for getpwuid(3).
                _ = names.TryAdd(user, EntryName.Show(Encoding.UTF8.GetBytes(line[fields[0]].ToString())));
            }
        }

        return names;
    }

    private static string ReadText(FileDescriptor? file)
    {
        byte[] buffer = new byte[LargestFile];
        int length = 0;
        try
        {
            for (int count = file is null ? 0 : 1; count > 0 && length < buffer.Length; length += count)
            {
                count = Files.ReadAt(file!, buffer.AsSpan(length), length, "etc/passwd");
            }
        }
        catch (KernelException)
        {
            // A file system of the container's that fails: processes are listed without names.
        }

        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
