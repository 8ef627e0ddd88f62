using System.Globalization;
using Containers.Interop;

namespace Containers.Engine.Cgroups;

/// <summary>A cgroup with all that was made below it. No symbolic link can exist there, so that paths are safe to follow.</summary>
internal static class CgroupTree
{
    // rmdir says EBUSY as long as a process that was killed has not wholly ended.
    private static readonly TimeSpan BusyTime = TimeSpan.FromSeconds(2);

    /// <summary>Lists the processes in a cgroup and below it.</summary>
    /// <param name="path">The cgroup.</param>
    /// <returns>Their numbers in this PID namespace, each once.</returns>
    public static IReadOnlyList<int> Processes(string path)
    {
        var found = new SortedSet<int>();
        Collect(path, found);
        return [.. found];
    }

    /// <summary>Removes a cgroup and all below it, deepest first.</summary>
    /// <param name="path">The cgroup; nothing happens where it is not there.</param>
    /// <exception cref="EngineException">Processes are left in it.</exception>
    public static void Remove(string path)
    {
        var patience = new Patience(BusyTime);
        while (true)
        {
            Errno errno = TryRemove(path);
            if (errno is Errno.None or Errno.ENOENT)
            {
                return;
            }

            if (errno != Errno.EBUSY || !patience.Wait())
            {
                throw new EngineException(
                    errno == Errno.EBUSY ? EngineErrorReason.Busy : EngineErrorReason.Internal, path,
                    $"Removing the cgroup '{path}' failed with {KernelException.Describe(errno)}; processes in it: {Numbers(Processes(path))}.", errno);
            }
        }
    }

    /// <summary>Writes process numbers for a message.</summary>
    /// <param name="pids">The numbers.</param>
    /// <returns>Text.</returns>
    public static string Numbers(IReadOnlyList<int> pids) =>
        pids.Count == 0 ? "none" : string.Join(", ", pids.Take(10)) + (pids.Count > 10 ? ", ..." : "");

    /// <summary>The cgroups right below a cgroup.</summary>
    /// <param name="path">The cgroup.</param>
    /// <returns>Their paths; none where it is not there.</returns>
    public static string[] Children(string path)
    {
        try
        {
            return Directory.GetDirectories(path);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static Errno TryRemove(string path)
    {
        Errno errno = Files.TryRemove(Files.CurrentFolder, path, isFolder: true);
        if (errno != Errno.EBUSY)
        {
            return errno;
        }

        foreach (string child in Children(path))
        {
            _ = TryRemove(child);
        }

        return Files.TryRemove(Files.CurrentFolder, path, isFolder: true);
    }

    private static void Collect(string path, SortedSet<int> found)
    {
        string? text;
        try
        {
            text = Files.ReadText(Files.CurrentFolder, path + "/cgroup.procs");
        }
        catch (KernelException e) when (e.Errno == Errno.EOPNOTSUPP)
        {
            // A threaded v2 cgroup: its processes are listed in the cgroup above that is its domain.
            text = "";
        }

        if (text is null)
        {
            return;
        }

        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            // 0 stands for a process that this PID namespace does not see.
            if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid > 0)
            {
                _ = found.Add(pid);
            }
        }

        foreach (string child in Children(path))
        {
            Collect(child, found);
        }
    }
}
