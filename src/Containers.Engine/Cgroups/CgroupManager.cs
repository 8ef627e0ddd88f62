using System.Globalization;
using System.Text;
using Containers.Engine.Runtime;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Cgroups;

/// <summary>
/// The cgroups of an engine's containers: <c>/PARENT/ID</c> in each hierarchy that limits or counts something, monitors in <c>/PARENT/monitors</c>,
/// never below the session's own cgroup. Detecting reads the mounts once; nothing is made before the first container. Safe for several threads.
/// </summary>
internal sealed class CgroupManager : IDisposable
{
    /// <summary>Permission bits of every cgroup that is made.</summary>
    internal const int FolderMode = 0x1ed; // 0755

    // Of the kernel's kinds of attributes the one that a container without CAP_SYS_ADMIN on this machine can neither see nor change (xattr(7)).
    internal static ReadOnlySpan<byte> MarkName => "trusted.pscontainers"u8;

    private readonly Lock gate = new();
    private readonly string parent;
    private readonly IReadOnlyList<CgroupHierarchy> hierarchies;
    private CgroupParent[]? parents;

    private CgroupManager(string parent, CgroupVersion version, IReadOnlyList<CgroupHierarchy> hierarchies, IEnumerable<string> controllers)
    {
        this.parent = parent;
        this.hierarchies = hierarchies;
        Version = version;
        Controllers = [.. new SortedSet<string>(controllers, StringComparer.Ordinal)];
        var mounts = new List<CgroupMount>();
        var links = new List<(string Name, string Target)>();
        foreach (CgroupHierarchy hierarchy in hierarchies)
        {
            if (hierarchy.Shown is not { } shown)
            {
                continue;
            }

            mounts.Add(version == CgroupVersion.V2 ? shown with { Target = "" } : shown);
            foreach (string controller in hierarchy.Mount.Controllers)
            {
                if (controller != shown.Target && hierarchy.Mount.Controllers.Count > 1)
                {
                    links.Add((controller, shown.Target));
                }
            }
        }

        Mounts = mounts;
        Links = links;
    }

    /// <summary>
    /// What containers' cgroups are marked with, so that a later session knows which are its own engine's: engines on other roots may have the same parent.
    /// Empty for no mark.
    /// </summary>
    public string Mark { get; init; } = "";

    /// <summary>How the hierarchies are mounted.</summary>
    public CgroupVersion Version { get; }

    /// <summary>The controllers that are there, whether the engine uses them or not, in alphabetical order.</summary>
    public IReadOnlyList<string> Controllers { get; }

    /// <summary>What is to be shown in a container below /sys/fs/cgroup, read-only.</summary>
    public IReadOnlyList<CgroupMount> Mounts { get; }

    /// <summary>Symbolic links below /sys/fs/cgroup for controllers that are mounted together: <c>cpu</c> to <c>cpu,cpuacct</c>.</summary>
    public IReadOnlyList<(string Name, string Target)> Links { get; }

    /// <summary>
    /// v1 and hybrid: the <c>tasks</c> files (O_WRONLY) a monitor, single-threaded, writes <c>0</c> to. See <see cref="ContainerCgroup.JoinDescriptors"/>.
    /// To be asked for after <see cref="Create(string, ResourceLimits, DevicePolicy)"/>, which notices a parent that was removed meanwhile.
    /// </summary>
    public IReadOnlyList<FileDescriptor> MonitorJoinDescriptors =>
        [.. Parents().Where(made => !made.Hierarchy.IsUnified).Select(made => made.MonitorJoin)];

    /// <summary>v2 and hybrid: the monitors' cgroup for clone3(CLONE_INTO_CGROUP); null without a v2 hierarchy.</summary>
    public FileDescriptor? MonitorIntoDescriptor => Parents().FirstOrDefault(made => made.Hierarchy.IsUnified)?.MonitorJoin;

    /// <summary>Finds the machine's hierarchies.</summary>
    /// <param name="parent">The cgroup above all containers, relative to each hierarchy's root: <c>pscontainers</c>.</param>
    /// <param name="mark">See <see cref="Mark"/>.</param>
    /// <returns>The manager.</returns>
    /// <exception cref="EngineException">There is no hierarchy, or the name will not do.</exception>
    public static CgroupManager Detect(string parent, string mark = "") =>
        FromMounts(parent, Files.ReadText(Files.CurrentFolder, "/proc/self/mountinfo") ?? "", mark);

    /// <summary>As <see cref="Detect"/>, from the text of a mountinfo file.</summary>
    /// <param name="parent">The cgroup above all containers.</param>
    /// <param name="mountinfo">The text.</param>
    /// <param name="mark">See <see cref="Mark"/>.</param>
    /// <returns>The manager.</returns>
    internal static CgroupManager FromMounts(string parent, string mountinfo, string mark = "")
    {
        if (!parent.Split('/').All(name => name.Length > 0 && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')))
        {
            throw new EngineException(
                EngineErrorReason.InvalidConfiguration, parent,
                $"The cgroup parent '{parent}' will not do: give a relative path of names made of letters, digits, '-', '_' and '.', such as 'pscontainers'.");
        }

        IReadOnlyList<CgroupMountPoint> mounts = CgroupMountPoint.Parse(mountinfo);
        CgroupVersion version = CgroupMountPoint.VersionOf(mounts) ?? throw new EngineException(
            EngineErrorReason.NotSupported, "cgroup",
            "No cgroup hierarchy is mounted. Containers need one: mount -t cgroup2 none /sys/fs/cgroup, or start the machine with a service manager.");
        bool hasUnified = mounts.Any(mount => mount.IsUnified);
        bool hasV1Devices = mounts.Any(mount => mount.Controllers.Contains("devices"));
        var controllers = new List<string>();
        var found = new List<CgroupHierarchy>();
        foreach (CgroupMountPoint mount in mounts)
        {
            string[] available = mount.IsUnified
                ? UnifiedControllers.Names(Files.ReadText(Files.CurrentFolder, mount.Path + "/cgroup.controllers"))
                : [.. mount.Controllers];
            controllers.AddRange(available);
            found.Add(mount.IsUnified
                ? CgroupHierarchy.Unified(mount, available, hasV1Devices)
                : CgroupHierarchy.V1(mount, hasUnified));
        }

        return new CgroupManager(parent, version, found, controllers) { Mark = mark };
    }

    /// <summary>Refuses limits that no kernel could keep, before anything is made.</summary>
    /// <param name="limits">The limits.</param>
    /// <exception cref="EngineException">A limit is out of its bounds.</exception>
    public static void Validate(ResourceLimits limits)
    {
        if (limits.Memory is { } memory && memory < MemoryLimit.Least)
        {
            throw Invalid("memory", memory, $"at least {MemoryLimit.Least} bytes (6 MiB); a process does not start with less");
        }

        if (limits.PidsLimit is { } pids && pids < 1)
        {
            throw Invalid("processes", pids, "at least 1; leave it out for no limit");
        }

        if (limits.Cpus is { } processors && (processors < CpuBandwidth.Least || processors > CpuBandwidth.OnlineProcessors))
        {
            throw Invalid("processors", processors, $"{CpuBandwidth.Least} to {CpuBandwidth.OnlineProcessors}, the number of processors here");
        }

        static EngineException Invalid(string what, IFormattable value, string bounds) =>
            new(EngineErrorReason.InvalidArgument, what, string.Create(CultureInfo.InvariantCulture, $"The limit of {what} cannot be {value}: it must be {bounds}."));
    }

    /// <summary>Makes a container's cgroups and sets its limits. Undoes what it made where a later step fails.</summary>
    /// <param name="id">The container's id.</param>
    /// <param name="limits">What it may use.</param>
    /// <param name="devices">The devices it may use.</param>
    /// <returns>The cgroups, empty of processes.</returns>
    /// <exception cref="EngineException">A limit is out of bounds, no hierarchy can keep it, or the kernel refused a step.</exception>
    public ContainerCgroup Create(string id, ResourceLimits limits, DevicePolicy devices)
    {
        RequireId(id);
        Validate(limits);
        var settings = new CgroupSettings(limits, devices);
        CgroupParent[] ready = Parents();
        try
        {
            return Create(id, settings, ready);
        }
        catch (EngineException e) when (e.Errno is Errno.ENOENT or Errno.ENODEV && Forget(ready))
        {
            // The parent was removed after it was opened, as when another session has removed the last container.
            return Create(id, settings, Parents());
        }
    }

    /// <summary>Finds the cgroups of a container made earlier, by this or another session.</summary>
    /// <param name="id">The container's id.</param>
    /// <returns>The cgroups that are there, or null where none is.</returns>
    public ContainerCgroup? Open(string id)
    {
        RequireId(id);
        CgroupParent[] ready = Parents();
        CgroupParent[] own = [.. ready.Where(made => Files.TryStat(made.Folder.Number, id, follow: false, out _) == Errno.None)];
        return own.Length == 0 ? null : new ContainerCgroup(this, id, own, [.. ready.Except(own)]);
    }

    /// <summary>The containers that have cgroups with this manager's mark.</summary>
    /// <returns>Their ids, each once.</returns>
    public IReadOnlyCollection<string> MarkedIds()
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (string path in hierarchies.SelectMany(hierarchy => CgroupTree.Children($"{hierarchy.Mount.Path}/{parent}")))
        {
            using FileDescriptor? folder = Files.TryOpen(Files.CurrentFolder, path, LibC.O_PATH | LibC.O_DIRECTORY, 0, out _);
            if (folder is not null && FileInspection.TryGetAttribute(folder, MarkName, out byte[] mark) == Errno.None && mark.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(Mark)))
            {
                found.Add(Path.GetFileName(path));
            }
        }

        return found;
    }

    /// <summary>
    /// Removes the parent and the monitors' cgroup from every hierarchy, unless containers or monitors are left. For taking the engine off a machine, not
    /// for every container's end: a session that is just starting a container would find its descriptors dead.
    /// </summary>
    /// <returns>Whether all of them are gone.</returns>
    public bool RemoveParentIfEmpty()
    {
        lock (gate)
        {
            string[] paths = [.. hierarchies.Select(hierarchy => $"{hierarchy.Mount.Path}/{parent}")];
            if (paths.Any(path => CgroupTree.Children(path).Any(child => Path.GetFileName(child) != CgroupParent.MonitorsName)))
            {
                return false;
            }

            bool isGone = true;
            foreach (string path in paths)
            {
                _ = Files.TryRemove(Files.CurrentFolder, $"{path}/{CgroupParent.MonitorsName}", isFolder: true);
                isGone &= Files.TryRemove(Files.CurrentFolder, path, isFolder: true) is Errno.None or Errno.ENOENT;
            }

            parents = null;
            return isGone;
        }
    }

    /// <summary>Closes what is kept open. Cgroups stay.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            foreach (CgroupParent made in parents ?? [])
            {
                made.Folder.Dispose();
                made.MonitorJoin.Dispose();
            }

            parents = null;
            foreach (IDisposable controller in hierarchies.SelectMany(hierarchy => hierarchy.Controllers).OfType<IDisposable>())
            {
                controller.Dispose();
            }
        }
    }

    /// <summary>Sets limits in cgroups that are there.</summary>
    /// <param name="id">The container's id.</param>
    /// <param name="settings">What is asked.</param>
    /// <param name="own">Where the container has cgroups of its own.</param>
    internal static void Apply(string id, CgroupSettings settings, IReadOnlyList<CgroupParent> own)
    {
        foreach (CgroupParent made in own)
        {
            foreach (ICgroupController controller in made.Hierarchy.Controllers)
            {
                if (controller.IsAsked(settings))
                {
                    controller.Apply(made.ContainerFolder(id), settings);
                }
            }
        }
    }

    /// <summary>Makes sure that somewhere there is a controller for all that is asked.</summary>
    /// <param name="settings">What is asked.</param>
    /// <param name="where">Where it could be.</param>
    /// <exception cref="EngineException">There is none.</exception>
    internal static void RequireControllers(CgroupSettings settings, IReadOnlyList<CgroupParent> where)
    {
        Require(settings.Limits.Memory is not null, "memory", "memory");
        Require(settings.Limits.Cpus is not null, "cpu", "processors");
        Require(settings.Limits.PidsLimit is not null, "pids", "processes");
        Require(settings.Devices is { IsAllowAll: false }, "devices", "devices");

        void Require(bool isAsked, string controller, string what)
        {
            if (isAsked && !where.Any(made => made.Has(controller)))
            {
                CgroupParent? unified = where.FirstOrDefault(made => made.Hierarchy.IsUnified);
                string why = unified?.Unified?.RefusalOf(controller)
                    ?? $"no mounted hierarchy has it. With v2 it must be in the root's cgroup.controllers (boot parameter cgroup_enable={controller}, not cgroup_disable);"
                    + $" with v1 mount it: mount -t cgroup -o {controller} cgroup /sys/fs/cgroup/{controller}";
                throw new EngineException(
                    EngineErrorReason.NotSupported, controller, $"{what} cannot be limited, since the cgroup controller '{controller}' is not available: {why}.");
            }
        }
    }

    private ContainerCgroup Create(string id, CgroupSettings settings, CgroupParent[] ready)
    {
        RequireControllers(settings, ready);
        CgroupParent[] own = [.. ready.Where(made => made.Hierarchy.IsPerContainer(settings))];
        int count = 0;
        try
        {
            foreach (CgroupParent made in own)
            {
                MakeFolder(made, id);
                count++;
            }

            Apply(id, settings, own);
            SetMark(own[^1], id);
            return new ContainerCgroup(this, id, own, [.. ready.Except(own)]);
        }
        catch
        {
            for (int i = 0; i < count; i++)
            {
                _ = Files.TryRemove(own[i].Folder.Number, id, isFolder: true);
            }

            throw;
        }
    }

    /// <summary>In one hierarchy, the last to be removed from. A kernel that keeps no attributes there leaves the cgroup without a mark.</summary>
    private void SetMark(CgroupParent made, string id)
    {
        if (Mark.Length > 0 && Files.TryOpen(made.Folder.Number, id, LibC.O_PATH | LibC.O_DIRECTORY, 0, out _) is { } folder)
        {
            using (folder)
            {
                _ = FileContent.TrySetAttribute(folder, MarkName, Encoding.UTF8.GetBytes(Mark));
            }
        }
    }

    private static void MakeFolder(CgroupParent made, string id)
    {
        string path = $"{made.Path}/{id}";
        try
        {
            if (!Files.MakeFolder(made.Folder.Number, id, FolderMode))
            {
                throw new EngineException(
                    EngineErrorReason.AlreadyExists, id, $"There is a cgroup '{path}' already, left by a container of that id. Remove that container first.");
            }
        }
        catch (KernelException e)
        {
            throw made.ContainerFolder(id).Refused($"making the cgroup '{path}'", e.Errno);
        }
    }

    private static void RequireId(string id)
    {
        // No dot: the kernel's own files have one in their names.
        if (id.Length is 0 or > 128 || id == CgroupParent.MonitorsName || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            throw new EngineException(
                EngineErrorReason.InvalidArgument, id, $"'{id}' cannot name a container's cgroup: use 1 to 128 letters, digits, '-' and '_', and not 'monitors'.");
        }
    }

    private CgroupParent[] Parents()
    {
        lock (gate)
        {
            return parents ??= [.. hierarchies.Select(hierarchy => CgroupParent.Open(hierarchy, parent))];
        }
    }

    // Other threads may still use the old descriptors: they are closed by their finalizers.
    private bool Forget(CgroupParent[] old)
    {
        lock (gate)
        {
            if (ReferenceEquals(parents, old))
            {
                parents = null;
            }

            return true;
        }
    }
}
