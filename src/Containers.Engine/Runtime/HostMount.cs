using Containers.Interop;

namespace Containers.Engine.Runtime;

/// <summary>The mount of this machine that a path lies on (proc_pid_mountinfo(5)).</summary>
/// <param name="Path">Where it is mounted.</param>
/// <param name="IsShared">Whether mounts below it pass to its peers.</param>
/// <param name="IsSlave">Whether mounts pass to it from its master.</param>
internal readonly record struct HostMount(string Path, bool IsShared, bool IsSlave)
{
    /// <summary>Finds the mount.</summary>
    /// <param name="path">A path that is there.</param>
    /// <returns>The mount.</returns>
    public static HostMount Of(string path)
    {
        using FileDescriptor place = Files.Open(Files.CurrentFolder, path, Tmds.Linux.LibC.O_PATH);
        string id = MountId(place);
        foreach (string line in (Files.ReadText(Files.CurrentFolder, "/proc/self/mountinfo") ?? string.Empty).Split('\n'))
        {
            string[] fields = line.Split(' ');
            if (fields.Length > 6 && fields[0] == id)
            {
                string[] optional = [.. fields[6..].TakeWhile(field => field != "-")];
                return new HostMount(fields[4], optional.Any(o => o.StartsWith("shared:", StringComparison.Ordinal)), optional.Any(o => o.StartsWith("master:", StringComparison.Ordinal)));
            }
        }

        return new HostMount(path, IsShared: false, IsSlave: false);
    }

    private static string MountId(FileDescriptor place)
    {
        const string key = "mnt_id:";
        string text = Files.ReadText(Files.CurrentFolder, $"/proc/self/fdinfo/{place.Number}") ?? string.Empty;
        string? line = text.Split('\n').FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
        return line?[key.Length..].Trim() ?? string.Empty;
    }
}
