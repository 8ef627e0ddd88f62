using Containers.Engine.Overlays;

namespace Containers.Engine.Cgroups;

/// <summary>Where a hierarchy is mounted.</summary>
/// <param name="IsUnified">Whether it is the v2 hierarchy.</param>
/// <param name="Path">The mount point.</param>
/// <param name="Root">The hierarchy's cgroup seen there: <c>/</c>, or less in a container without a cgroup namespace.</param>
/// <param name="Controllers">The controllers of a v1 hierarchy; those of v2 are told by its files, not by the mount.</param>
/// <param name="Name">The name of a v1 hierarchy (<c>systemd</c>), or null.</param>
internal sealed record CgroupMountPoint(bool IsUnified, string Path, string Root, IReadOnlyList<string> Controllers, string? Name)
{
    // No controller will be added to v1 any more, so that everything else in the options is a flag.
    private static readonly HashSet<string> V1Controllers = new(StringComparer.Ordinal)
    {
        "cpuset", "cpu", "cpuacct", "blkio", "memory", "devices", "freezer", "net_cls", "perf_event", "net_prio", "hugetlb", "pids", "rdma",
        "misc", "debug",
    };

    /// <summary>Reads the hierarchies from the text of /proc/PID/mountinfo (proc_pid_mountinfo(5)), each once.</summary>
    /// <param name="mountinfo">The file's text.</param>
    /// <returns>The unified hierarchy first, then v1 ones as they were mounted.</returns>
    public static IReadOnlyList<CgroupMountPoint> Parse(string mountinfo)
    {
        var found = new List<CgroupMountPoint>();
        foreach (string line in mountinfo.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // 36 35 98:0 /root /mount/point rw,opts shared:1 master:2 - fstype source superopts: the fields before the dash vary in number.
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-", 6 > fields.Length ? fields.Length : 6);
            if (dash < 0 || dash + 3 >= fields.Length || fields[dash + 1] is not ("cgroup" or "cgroup2"))
            {
                continue;
            }

            CgroupMountPoint mount = Read(fields, dash);
            int same = found.FindIndex(other => other.IsSameHierarchy(mount));
            if (same < 0)
            {
                found.Add(mount);
            }
            else if (mount.Rank > found[same].Rank)
            {
                found[same] = mount;
            }
        }

        return [.. found.Where(mount => mount.IsUnified), .. found.Where(mount => !mount.IsUnified)];
    }

    /// <summary>What the mounts make of the machine.</summary>
    /// <param name="mounts">The hierarchies.</param>
    /// <returns>The version, or null where there is none.</returns>
    public static CgroupVersion? VersionOf(IReadOnlyList<CgroupMountPoint> mounts) =>
        (mounts.Any(mount => mount.IsUnified), mounts.Any(mount => !mount.IsUnified)) switch
        {
            (true, true) => CgroupVersion.Hybrid,
            (true, false) => CgroupVersion.V2,
            (false, true) => CgroupVersion.V1,
            _ => null,
        };

    // A hierarchy can be mounted several times (chroots, other containers): the one that shows it whole, at the usual place, is taken.
    private int Rank => (Root == "/" ? 2 : 0) + (Path.StartsWith("/sys/fs/cgroup", StringComparison.Ordinal) ? 1 : 0);

    private bool IsSameHierarchy(CgroupMountPoint other) =>
        IsUnified == other.IsUnified && Name == other.Name && Controllers.SequenceEqual(other.Controllers);

    private static CgroupMountPoint Read(string[] fields, int dash)
    {
        string root = MountEntry.Unescape(fields[3]);
        string path = MountEntry.Unescape(fields[4]);
        if (fields[dash + 1] == "cgroup2")
        {
            return new CgroupMountPoint(IsUnified: true, path, root, [], Name: null);
        }

        const string namePrefix = "name=";
        string[] options = fields[dash + 3].Split(',');
        string? name = options.FirstOrDefault(option => option.StartsWith(namePrefix, StringComparison.Ordinal))?[namePrefix.Length..];
        return new CgroupMountPoint(IsUnified: false, path, root, [.. options.Where(V1Controllers.Contains)], name is null ? null : MountEntry.Unescape(name));
    }
}
