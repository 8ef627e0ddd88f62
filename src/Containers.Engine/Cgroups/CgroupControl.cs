using System.Globalization;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Cgroups;

/// <summary>
/// Makes, fills, limits, measures, suspends and removes cgroups of this machine, whoever's they are. A cgroup is changed in all hierarchies that it was found in. Every folder
/// is opened below its mount point.
/// </summary>
public sealed class CgroupControl
{
    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(10);
    private readonly IReadOnlyList<CgroupMountPoint> mounts = CgroupMountPoint.Parse(Files.ReadText(Files.CurrentFolder, "/proc/self/mountinfo") ?? "");

    /// <summary>Finds cgroups.</summary>
    public CgroupLookup Lookup { get; } = CgroupLookup.Detect();

    /// <summary>Makes a cgroup, and those above it that are missing.</summary>
    /// <param name="path">Its path from the root.</param>
    /// <param name="controllers">The controllers that are to work in it; none for all that can be had.</param>
    /// <returns>The cgroup.</returns>
    /// <exception cref="EngineException">AlreadyExists, NotSupported (a controller is nowhere, or cannot be enabled), InvalidArgument, PermissionDenied.</exception>
    public CgroupSnapshot Make(string path, IReadOnlyCollection<string> controllers)
    {
        ArgumentNullException.ThrowIfNull(controllers);
        string name = CgroupLookup.Normalize(path, mounts);
        if (Lookup.TryGet(name) is { } there)
        {
            throw new EngineException(EngineErrorReason.AlreadyExists, path, $"There is a cgroup '{name}' already: {string.Join(", ", there.Places.Select(static place => place.Folder))}.");
        }

        CgroupMountPoint[] wanted = [.. mounts.Where(mount => IsWanted(mount, controllers))];
        string? missing = controllers.FirstOrDefault(controller => !wanted.Any(mount => ControllersOf(mount).Contains(controller)));
        if (missing is not null)
        {
            throw NoController(missing);
        }

        var made = new List<string>();
        try
        {
            foreach (CgroupMountPoint mount in wanted)
            {
                Make(mount, name[1..].Split('/'), controllers, made);
            }
        }
        catch
        {
            made.Reverse();
            made.ForEach(static folder => _ = Files.TryRemove(Files.CurrentFolder, folder, isFolder: true));
            throw;
        }

        return Lookup.Get(name);
    }

    /// <summary>Removes a cgroup from every hierarchy that it was found in.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <param name="recurse">Whether those below it go too.</param>
    /// <param name="force">Whether processes in it are killed.</param>
    /// <exception cref="EngineException">Busy (processes or cgroups are in it, or it is a container's), InvalidArgument (the root), Timeout.</exception>
    public void Remove(CgroupSnapshot cgroup, bool recurse, bool force)
    {
        ArgumentNullException.ThrowIfNull(cgroup);
        if (cgroup.Path == "/")
        {
            throw new EngineException(EngineErrorReason.InvalidArgument, cgroup.Path, "The root cgroup cannot be removed.");
        }

        if (cgroup.Places.Any(static place => IsContainers(place.Folder) || CgroupTree.Children(place.Folder).Any(IsContainers)))
        {
            throw new EngineException(EngineErrorReason.Busy, cgroup.Path, $"The cgroup '{cgroup.Path}' is a container's, or holds containers': they go with Remove-Container.");
        }

        if (cgroup.Children.Count > 0 && !recurse)
        {
            throw new EngineException(EngineErrorReason.Busy, cgroup.Path, $"The cgroup '{cgroup.Path}' has cgroups below it ({string.Join(", ", cgroup.Children.Take(5))}): remove them too with -Recurse.");
        }

        IReadOnlyList<int> processes = ProcessesIn(cgroup);
        if (processes.Count > 0 && !force)
        {
            throw new EngineException(
                EngineErrorReason.Busy, cgroup.Path, $"Processes are in the cgroup '{cgroup.Path}' ({CgroupTree.Numbers(processes)}): end them, move them away, or kill them with -Force.");
        }

        if (force)
        {
            Kill(cgroup);
        }

        foreach (CgroupPlace place in cgroup.Places)
        {
            CgroupTree.Remove(place.Folder);
        }
    }

    /// <summary>Moves a process into a cgroup, in each hierarchy that has it.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <param name="pid">The process; it goes with all its threads.</param>
    /// <exception cref="EngineException">NotFound (no such process), Busy (v2: it has controllers for those below it), PermissionDenied, NotSupported.</exception>
    public void Add(CgroupSnapshot cgroup, int pid)
    {
        ArgumentNullException.ThrowIfNull(cgroup);
        foreach (CgroupPlace place in cgroup.Places)
        {
            using FileDescriptor open = Open(place, cgroup.Path);
            var folder = new CgroupFolder(open, string.Empty, place.Folder);
            Errno errno = folder.TryWrite("cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));
            throwIf(errno, folder);
        }

        void throwIf(Errno errno, CgroupFolder folder)
        {
            switch (errno)
            {
                case Errno.None:
                    return;
                case Errno.ESRCH:
                    throw new EngineException(EngineErrorReason.NotFound, folder.Path, $"There is no process {pid} that could be moved to '{folder.Path}'.", errno);
                case Errno.EBUSY:
                    throw new EngineException(
                        EngineErrorReason.Busy, folder.Path,
                        $"No process can be in '{folder.Path}', since it hands controllers to cgroups below it (cgroup.subtree_control): put the process into one of these.", errno);
                default:
                    throw folder.Refused($"moving the process {pid} to '{folder.Path}'", errno);
            }
        }
    }

    /// <summary>Keeps the processes of a cgroup, and of those below it, from running, or lets them go on (cgroup.freeze; on v1 alone the freezer).</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <param name="isSuspended">Whether they are to stand still.</param>
    /// <exception cref="EngineException">NotSupported (no freezer), Timeout.</exception>
    public void Suspend(CgroupSnapshot cgroup, bool isSuspended)
    {
        ArgumentNullException.ThrowIfNull(cgroup);
        CgroupPlace place = cgroup.Places.FirstOrDefault(static place => place.IsUnified) ?? cgroup.Places.FirstOrDefault(static place => place.Controllers.Contains("freezer"))
            ?? throw NoController("freezer");
        using FileDescriptor open = Open(place, cgroup.Path);
        var folder = new CgroupFolder(open, string.Empty, place.Folder);
        if (place.IsUnified)
        {
            folder.Write("cgroup.freeze", isSuspended ? "1" : "0", isSuspended ? "suspending" : "resuming");
        }
        else
        {
            folder.Write("freezer.state", isSuspended ? "FROZEN" : "THAWED", isSuspended ? "suspending" : "resuming");
        }

        var patience = new Patience(KillTimeout);
        while (IsSuspended(folder, place.IsUnified) != isSuspended)
        {
            if (!patience.Wait())
            {
                throw new EngineException(EngineErrorReason.Timeout, cgroup.Path, $"The processes of the cgroup '{cgroup.Path}' did not {(isSuspended ? "stand still" : "go on")} within {patience.Total.TotalSeconds} s.");
            }
        }
    }

    /// <summary>Reads a cgroup's limits.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <returns>The limits.</returns>
    public CgroupLimits GetLimits(CgroupSnapshot cgroup)
    {
        var limits = new CgroupLimits();
        Each(cgroup, (folder, place) => limits = new CgroupLimitFiles(folder, place.IsUnified).Read(limits));
        return limits;
    }

    /// <summary>Changes limits of a cgroup.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <param name="limits">What is to be another way; null values stay.</param>
    /// <returns>The limits as the kernel keeps them.</returns>
    /// <exception cref="EngineException">NotSupported (no hierarchy keeps one of them), InvalidArgument, Busy, PermissionDenied. Limits that were set before the one that failed stay set.</exception>
    public CgroupLimits SetLimits(CgroupSnapshot cgroup, CgroupLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        Check(limits);
        var set = new HashSet<string>(StringComparer.Ordinal);
        Each(cgroup, (folder, place) => new CgroupLimitFiles(folder, place.IsUnified).Write(limits, name => set.Add(name)));
        if (Asked(limits).FirstOrDefault(asked => !set.Contains(asked.Name)) is { Name: { } missing, Controller: var controller })
        {
            throw new EngineException(
                EngineErrorReason.NotSupported, cgroup.Path,
                $"'{missing}' cannot be limited in '{cgroup.Path}': {WhyNot(cgroup, missing, controller)}");
        }

        return GetLimits(cgroup);
    }

    /// <summary>Measures a cgroup.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <returns>What it uses and has used.</returns>
    public CgroupMeasurement Measure(CgroupSnapshot cgroup)
    {
        var measured = new CgroupMeasurement { Time = DateTimeOffset.UtcNow };
        Each(cgroup, (folder, place) => measured = new CgroupMeasurementFiles(folder, place.IsUnified).Read(measured));
        return measured;
    }

    private static bool IsSuspended(CgroupFolder folder, bool isUnified) =>
        (folder.Read(isUnified ? "cgroup.events" : "freezer.state") ?? string.Empty).Split('\n').Contains(isUnified ? "frozen 1" : "FROZEN");

    private static bool IsContainers(string path)
    {
        using FileDescriptor? folder = Files.TryOpen(Files.CurrentFolder, path, LibC.O_PATH | LibC.O_DIRECTORY, 0, out _);
        return folder is not null && FileInspection.TryGetAttribute(folder, CgroupManager.MarkName, out _) == Errno.None;
    }

    private static IReadOnlyList<int> ProcessesIn(CgroupSnapshot cgroup) => [.. cgroup.Places.SelectMany(static place => CgroupTree.Processes(place.Folder)).Distinct().Order()];

    /// <summary>By pidfds that are checked against the list again, until none is left: those that are forked meanwhile too.</summary>
    private static void Kill(CgroupSnapshot cgroup)
    {
        var patience = new Patience(KillTimeout);
        foreach (CgroupPlace place in cgroup.Places.Where(static place => place.IsUnified))
        {
            using FileDescriptor open = Open(place, cgroup.Path);
            _ = new CgroupFolder(open, string.Empty, place.Folder).TryWrite("cgroup.kill", "1");
        }

        while (ProcessesIn(cgroup) is { Count: > 0 } left)
        {
            foreach (int pid in left)
            {
                using FileDescriptor? process = Pidfd.TryOpen(pid, out _);
                if (process is not null && ProcessesIn(cgroup).Contains(pid))
                {
                    _ = Pidfd.TrySignal(process, LibC.SIGKILL);
                }
            }

            foreach (CgroupPlace place in cgroup.Places.Where(static place => place.Controllers.Contains("freezer")))
            {
                // What is frozen on v1 dies only once it is thawed.
                using FileDescriptor open = Open(place, cgroup.Path);
                _ = new CgroupFolder(open, string.Empty, place.Folder).TryWrite("freezer.state", "THAWED");
            }

            if (!patience.Wait())
            {
                throw new EngineException(EngineErrorReason.Timeout, cgroup.Path, $"Processes of the cgroup '{cgroup.Path}' did not end within {patience.Total.TotalSeconds} s of SIGKILL: {CgroupTree.Numbers(left)}.");
            }
        }
    }

    private static FileDescriptor Open(CgroupPlace place, string path)
    {
        using FileDescriptor root = Files.Open(Files.CurrentFolder, place.MountPoint, LibC.O_PATH | LibC.O_DIRECTORY);
        return Files.TryOpen2(root.Number, path == "/" ? "." : path[1..], LibC.O_PATH | LibC.O_DIRECTORY, 0, ResolveFlags.Beneath | ResolveFlags.NoSymlinks, out Errno errno)
            ?? throw new EngineException(EngineErrorReason.NotFound, path, $"The cgroup '{place.Folder}' cannot be opened: {KernelException.Describe(errno)}.", errno);
    }

    private static void Each(CgroupSnapshot cgroup, Action<CgroupFolder, CgroupPlace> action)
    {
        ArgumentNullException.ThrowIfNull(cgroup);
        foreach (CgroupPlace place in cgroup.Places)
        {
            using FileDescriptor open = Open(place, cgroup.Path);
            action(new CgroupFolder(open, string.Empty, place.Folder), place);
        }
    }

    private static IReadOnlyCollection<string> ControllersOf(CgroupMountPoint mount) => mount.IsUnified
        ? UnifiedControllers.Names(Files.ReadText(Files.CurrentFolder, mount.Path + "/cgroup.controllers")) : [.. mount.Controllers];

    /// <summary>Named v1 hierarchies are a service manager's.</summary>
    private static bool IsWanted(CgroupMountPoint mount, IReadOnlyCollection<string> controllers) =>
        controllers.Count == 0 ? mount.IsUnified || mount.Controllers.Count > 0 : ControllersOf(mount).Any(controllers.Contains);

    private static void Check(CgroupLimits limits)
    {
        Range("CpuWeight", limits.CpuWeight, 1, 10000);
        Range("IoWeight", limits.IoWeight, 1, 10000);
        Range("PidsLimit", limits.PidsLimit, 1, long.MaxValue);
        if (limits.Cpus is { } cpus && cpus < CpuBandwidth.Least)
        {
            throw new EngineException(EngineErrorReason.InvalidArgument, "Cpus", string.Create(CultureInfo.InvariantCulture, $"The limit of processors cannot be {cpus}: at least {CpuBandwidth.Least}."));
        }

        static void Range(string name, long? value, long least, long most)
        {
            if (value is { } number && (number < least || number > most))
            {
                throw new EngineException(EngineErrorReason.InvalidArgument, name, $"'{name}' cannot be {number}: it is from {least} to {most}.");
            }
        }
    }

    private static IEnumerable<(string Name, string Controller)> Asked(CgroupLimits limits)
    {
        (string Name, string Controller, bool IsAsked)[] all =
        [
            ("Memory", "memory", limits.Memory is not null), ("MemorySwap", "memory", limits.MemorySwap is not null), ("MemoryHigh", "memory", limits.MemoryHigh is not null),
            ("MemoryLow", "memory", limits.MemoryLow is not null), ("MemoryMin", "memory", limits.MemoryMin is not null), ("Cpus", "cpu", limits.Cpus is not null),
            ("CpuWeight", "cpu", limits.CpuWeight is not null), ("CpuBurst", "cpu", limits.CpuBurst is not null), ("CpusetCpus", "cpuset", limits.CpusetCpus is not null),
            ("CpusetMems", "cpuset", limits.CpusetMems is not null), ("PidsLimit", "pids", limits.PidsLimit is not null), ("IoWeight", "io", limits.IoWeight is not null),
            .. limits.Devices.Select(static device => ($"Devices {device.Major}:{device.Minor}", "io", true)), .. limits.HugePages.Keys.Select(static size => ($"HugePages {size}", "hugetlb", true)),
        ];
        return all.Where(static one => one.IsAsked).Select(static one => (one.Name, one.Controller));
    }

    private static void Make(CgroupMountPoint mount, string[] names, IReadOnlyCollection<string> controllers, List<string> made)
    {
        string path = mount.Path;
        var cpuset = new Cgroup1Cpuset();
        foreach (string name in names)
        {
            using FileDescriptor above = Files.Open(Files.CurrentFolder, path, LibC.O_PATH | LibC.O_DIRECTORY);
            var aboveFolder = new CgroupFolder(above, string.Empty, path);
            if (mount.IsUnified)
            {
                Enable(aboveFolder, controllers);
            }

            path = $"{path}/{name}";
            if (Files.MakeFolder(above.Number, name, 0x1ed))
            {
                made.Add(path);
            }

            using FileDescriptor open = Files.Open(above.Number, name, LibC.O_PATH | LibC.O_DIRECTORY | LibC.O_NOFOLLOW);
            if (!mount.IsUnified && mount.Controllers.Contains(cpuset.Name))
            {
                cpuset.Prepare(aboveFolder, new CgroupFolder(open, string.Empty, path));
            }
        }
    }

    /// <summary>Hands controllers down: those that are asked for must be, the others where the kernel lets it.</summary>
    private static void Enable(CgroupFolder folder, IReadOnlyCollection<string> controllers)
    {
        string[] enabled = UnifiedControllers.Names(folder.Read("cgroup.subtree_control"));
        foreach (string name in UnifiedControllers.Names(folder.Read("cgroup.controllers")).Except(enabled).Where(name => controllers.Count == 0 || controllers.Contains(name)))
        {
            // Where it holds processes, cpu and pids would be let through, and turn it into a threaded one.
            Errno errno = folder.Path != "/sys/fs/cgroup" && folder.Read("cgroup.procs") is { Length: > 0 } ? Errno.EBUSY : folder.TryWrite("cgroup.subtree_control", "+" + name);
            if (errno != Errno.None && controllers.Count > 0)
            {
                throw new EngineException(
                    EngineErrorReason.NotSupported, folder.Path,
                    $"The controller '{name}' cannot be handed down from '{folder.Path}' ({KernelException.Describe(errno)}): {(errno == Errno.EBUSY ? "processes are in that cgroup; move them into one below it" : "the kernel refuses it")}.", errno);
            }
        }
    }

    private static string WhyNot(CgroupSnapshot cgroup, string limit, string controller)
    {
        // v2's io is v1's blkio.
        string onV1 = controller == "io" ? "blkio" : controller;
        CgroupPlace? place = cgroup.Places.FirstOrDefault(place => place.Controllers.Contains(place.IsUnified ? controller : onV1));
        return place is { IsUnified: false } ? $"v1's {onV1} has no such limit; it takes the v2 hierarchy."
            : place is not null ? $"this kernel's {controller} has no file for '{limit}', or the root cgroup cannot be limited."
            : $"no hierarchy that has this cgroup has the controller '{controller}' in it. With v2 the cgroups above must have it in cgroup.subtree_control "
                + $"(New-Cgroup -Controller {controller} hands it down); with v1 it must be mounted: mount -t cgroup -o {onV1} cgroup /sys/fs/cgroup/{onV1}";
    }

    private static EngineException NoController(string controller) => new(
        EngineErrorReason.NotSupported, controller,
        $"No mounted hierarchy has the cgroup controller '{controller}'. With v2 it must be in the root's cgroup.controllers (boot parameter cgroup_enable={controller}, not "
        + $"cgroup_disable); with v1 mount it: mount -t cgroup -o {controller} cgroup /sys/fs/cgroup/{controller}");
}
