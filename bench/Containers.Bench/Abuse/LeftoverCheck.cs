using Containers.Engine.Cgroups;
using Containers.Interop;

namespace Containers.Abuse;

/// <summary>Looks for what an engine has left behind where it should have left nothing: processes, cgroups, mounts, files.</summary>
/// <param name="root">The folder with its roots <c>state</c> and <c>run</c>.</param>
/// <param name="cgroupParent">The cgroup above its containers.</param>
internal sealed class LeftoverCheck(string root, string cgroupParent)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly string[] mountsBefore = Mounts();

    /// <summary>What is there at an instant at which there should be nothing.</summary>
    public string[] Find() => [.. Processes(), .. CgroupIds().Select(id => $"cgroup {id}"), .. MountsAndFiles()];

    /// <summary>Processes of the helper's program (launcher, monitor, init) that hold something of the engine, and what monitors become.</summary>
    public IEnumerable<string> Processes() =>
        from process in Directory.EnumerateDirectories("/proc")
        where char.IsAsciiDigit(process[^1])
        let program = Files.ReadLink(Files.CurrentFolder, $"{process}/exe")
        where program is not null && program.StartsWith("/memfd:pscontainers", StringComparison.Ordinal) && HoldsOurs(process)
        select $"process {Path.GetFileName(process)} ({program})";

    /// <summary>The names of the cgroups that containers have, in whatever hierarchy.</summary>
    public IReadOnlyCollection<string> CgroupIds() =>
        CgroupFolders().SelectMany(CgroupTree.Children).Select(path => Path.GetFileName(path)).Where(name => name != CgroupParent.MonitorsName).ToHashSet(StringComparer.Ordinal);

    /// <summary>The processes in a container's cgroups.</summary>
    public IReadOnlyCollection<int> ProcessesOf(string id) => CgroupFolders().SelectMany(path => CgroupTree.Processes($"{path}/{id}")).ToHashSet();

    /// <summary>Mounts below the root that were not there before, and files of containers.</summary>
    public IEnumerable<string> MountsAndFiles() =>
    [
        .. Mounts().Except(mountsBefore, StringComparer.Ordinal).Where(line => line.Contains(root, StringComparison.Ordinal)).Select(line => $"mount {line}"),
        .. new[] { "state/containers", "run/containers", "state/names", "run/names" }.Select(kind => $"{root}/{kind}").Where(Directory.Exists)
            .SelectMany(Directory.EnumerateFileSystemEntries).Select(path => $"file {path}"),
    ];

    /// <summary>Tries until it is so, for ten seconds: the last steps of a monitor's end follow its last word.</summary>
    public static bool Patiently(Func<bool> isSo)
    {
        for (int attempt = 0; attempt < 200; attempt++)
        {
            if (isSo())
            {
                return true;
            }

            Thread.Sleep(Pause);
        }

        return isSo();
    }

    /// <summary>As <see cref="Find"/>, once what is still ending has had the time.</summary>
    public string[] FindPatiently()
    {
        string[] left = [];
        _ = Patiently(() => (left = Find()).Length == 0);
        return left;
    }

    private static string[] Mounts() => File.ReadAllLines("/proc/self/mountinfo");

    private IEnumerable<string> CgroupFolders() =>
        new[] { "/sys/fs/cgroup" }.Concat(Directory.GetDirectories("/sys/fs/cgroup")).Select(hierarchy => $"{hierarchy}/{cgroupParent}").Where(Directory.Exists);

    private bool HoldsOurs(string process)
    {
        try
        {
            return File.ReadAllText($"{process}/cgroup").Contains(cgroupParent, StringComparison.Ordinal)
                || Directory.EnumerateFileSystemEntries($"{process}/fd").Any(fd => Files.ReadLink(Files.CurrentFolder, fd) is { } target && target.StartsWith(root, StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile.
            return false;
        }
    }
}
