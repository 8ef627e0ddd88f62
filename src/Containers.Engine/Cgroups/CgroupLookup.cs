using System.Globalization;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Cgroups;

/// <summary>
/// Finds the cgroups of this machine, containers' or not. Every folder is opened relative to its mount point, below which the kernel keeps the way
/// (RESOLVE_BENEATH). Nothing is changed, no container engine is needed. Safe for several threads.
/// </summary>
public sealed class CgroupLookup
{
    private readonly IReadOnlyList<CgroupMountPoint> mounts;

    private CgroupLookup(IReadOnlyList<CgroupMountPoint> mounts) => this.mounts = mounts;

    /// <summary>Reads the mounts of this process.</summary>
    /// <returns>The lookup.</returns>
    /// <exception cref="EngineException">No hierarchy is mounted.</exception>
    public static CgroupLookup Detect()
    {
        IReadOnlyList<CgroupMountPoint> found = CgroupMountPoint.Parse(Files.ReadText(Files.CurrentFolder, "/proc/self/mountinfo") ?? "");
        return found.Count > 0 ? new CgroupLookup(found) : throw new EngineException(
            EngineErrorReason.NotSupported, "cgroup", "No cgroup hierarchy is mounted. Mount one: mount -t cgroup2 none /sys/fs/cgroup");
    }

    /// <summary>Gets a cgroup.</summary>
    /// <param name="path">Its path from the root, with or without the first slash, or an absolute path below a mount point.</param>
    /// <returns>The cgroup.</returns>
    /// <exception cref="EngineException">No hierarchy has it, or the path has a <c>.</c> or <c>..</c> in it.</exception>
    public CgroupSnapshot Get(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string name = Normalize(path, mounts);
        return TryGet(name) ?? throw new EngineException(
            EngineErrorReason.NotFound, path,
            $"There is no cgroup '{name}' in any mounted hierarchy: {string.Join(", ", mounts.Select(mount => mount.Path))}.");
    }

    /// <summary>Gets the cgroups that a process is in: one for each path that /proc/PID/cgroup has, since v1 hierarchies can differ.</summary>
    /// <param name="pid">The process, a number of this PID namespace.</param>
    /// <returns>The cgroups, each with the hierarchies in which the process is in it.</returns>
    /// <exception cref="EngineException">There is no such process.</exception>
    public IReadOnlyList<CgroupSnapshot> OfProcess(int pid)
    {
        string subject = pid.ToString(CultureInfo.InvariantCulture);
        string text = Files.ReadText(Files.CurrentFolder, $"/proc/{subject}/cgroup")
            ?? throw new EngineException(EngineErrorReason.NotFound, subject, $"There is no process {subject}.");
        var found = new List<CgroupSnapshot>();
        foreach (var lines in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(':', 3)).GroupBy(fields => fields[2]))
        {
            if (TryGet(lines.Key) is not { } cgroup)
            {
                // Outside of this cgroup namespace, removed since, or in a hierarchy that is mounted nowhere.
                continue;
            }

            HashSet<string> hierarchies = [.. lines.Select(fields => Sorted(fields[1].Split(',')))];
            CgroupPlace[] places = [.. cgroup.Places.Where(place => hierarchies.Contains(KeyOf(place)))];
            if (places.Length > 0)
            {
                found.Add(cgroup with { Places = places });
            }
        }

        return found;
    }

    /// <summary>Gets the cgroups below one, parents before their children; one that is removed meanwhile is left out.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <returns>All of them, without the cgroup itself.</returns>
    public IEnumerable<CgroupSnapshot> Below(CgroupSnapshot cgroup)
    {
        ArgumentNullException.ThrowIfNull(cgroup);
        foreach (string name in cgroup.Children)
        {
            if (TryGet(cgroup.Path == "/" ? "/" + name : $"{cgroup.Path}/{name}") is { } child)
            {
                yield return child;
                foreach (CgroupSnapshot below in Below(child))
                {
                    yield return below;
                }
            }
        }
    }

    // As the second field of /proc/PID/cgroup names a hierarchy, in an order of its own.
    private static string KeyOf(CgroupPlace place) =>
        place.IsUnified ? "" : Sorted([.. place.Controllers, .. place.Name is null ? [] : new[] { "name=" + place.Name }]);

    private static string Sorted(IEnumerable<string> words) => string.Join(',', words.Order(StringComparer.Ordinal));

    private static string[] WordsOf(FileDescriptor folder, string file)
    {
        try
        {
            return (Files.ReadText(folder.Number, file) ?? "").Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        }
        catch (KernelException e) when (e.Errno is Errno.EOPNOTSUPP or Errno.ENODEV)
        {
            // A threaded v2 cgroup, whose processes are listed in its domain; or one that was just removed.
            return [];
        }
    }

    private static int[] ProcessesIn(FileDescriptor folder)
    {
        // 0 stands for a process that this PID namespace does not see.
        return [.. WordsOf(folder, "cgroup.procs").Select(word => int.Parse(word, CultureInfo.InvariantCulture)).Where(pid => pid > 0).Distinct().Order()];
    }

    /// <summary>A cgroup's path from the root.</summary>
    /// <param name="path">As <see cref="Get"/> takes it.</param>
    /// <param name="mounts">The mounted hierarchies.</param>
    /// <returns>The path.</returns>
    /// <exception cref="EngineException">InvalidArgument.</exception>
    internal static string Normalize(string path, IReadOnlyList<CgroupMountPoint> mounts)
    {
        // The longest mount point that the path is in: on v2 it is a part of the others' paths.
        string? mount = mounts.Select(mount => mount.Path).Where(mount => path == mount || path.StartsWith(mount + "/", StringComparison.Ordinal)).MaxBy(mount => mount.Length);
        string[] names = (mount is null ? path : path[mount.Length..]).Split('/', StringSplitOptions.RemoveEmptyEntries);
        return names.Any(name => name is "." or ".." || name.Contains('\0', StringComparison.Ordinal))
            ? throw new EngineException(EngineErrorReason.InvalidArgument, path, $"'{path}' is not the path of a cgroup: it has a '.', a '..' or a NUL in it.")
            : "/" + string.Join('/', names);
    }

    /// <summary>As <see cref="Get"/>, of a path from the root.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The cgroup; null where no hierarchy has it.</returns>
    internal CgroupSnapshot? TryGet(string path)
    {
        var places = new List<CgroupPlace>();
        var children = new SortedSet<string>(StringComparer.Ordinal);
        foreach (CgroupMountPoint mount in mounts)
        {
            using FileDescriptor? root = Files.TryOpen(Files.CurrentFolder, mount.Path, LibC.O_PATH | LibC.O_DIRECTORY, 0, out _);
            using FileDescriptor? folder = root is null ? null : Files.TryOpen2(
                root.Number, path == "/" ? "." : path[1..], LibC.O_PATH | LibC.O_DIRECTORY, 0, ResolveFlags.Beneath | ResolveFlags.NoSymlinks, out _);
            if (folder is null)
            {
                continue;
            }

            IReadOnlyList<string> controllers = mount.IsUnified
                ? WordsOf(folder, "cgroup.controllers")
                : mount.Controllers;
            places.Add(new CgroupPlace(mount.IsUnified, mount.Path, path == "/" ? mount.Path : mount.Path + path, controllers, mount.Name, ProcessesIn(folder)));
            children.UnionWith(CgroupTree.Children($"/proc/self/fd/{folder.Number}").Select(child => Path.GetFileName(child)));
        }

        return places.Count == 0 ? null : new CgroupSnapshot(path, places, [.. children]);
    }
}
