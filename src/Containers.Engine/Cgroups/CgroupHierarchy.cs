namespace Containers.Engine.Cgroups;

/// <summary>A mounted hierarchy with the controllers the engine knows how to use in it.</summary>
/// <param name="Mount">Where it is mounted.</param>
/// <param name="Controllers">Its controllers.</param>
internal sealed record CgroupHierarchy(CgroupMountPoint Mount, IReadOnlyList<ICgroupController> Controllers)
{
    /// <summary>Whether it is the v2 hierarchy.</summary>
    public bool IsUnified => Mount.IsUnified;

    /// <summary>
    /// What is mounted in containers for this hierarchy, or null. <c>cpuset</c> is shown though it is shared, since language runtimes (the JVM among
    /// them) take themselves for uncontained unless they see it beside cpu, cpuacct and memory.
    /// </summary>
    public CgroupMount? Shown
    {
        get
        {
            string target = Path.GetFileName(Mount.Path);
            if (IsUnified)
            {
                return new CgroupMount(target, "cgroup2", "");
            }

            return Controllers.Any(controller => controller.IsPerContainer || controller is Cgroup1Cpuset)
                ? new CgroupMount(target, "cgroup", string.Join(',', [.. Mount.Controllers, .. Mount.Name is null ? [] : new[] { "name=" + Mount.Name }]))
                : null;
        }
    }

    /// <summary>Pairs a v1 hierarchy with its controllers.</summary>
    /// <param name="mount">Where it is mounted.</param>
    /// <param name="hasUnified">Whether the v2 hierarchy is mounted too.</param>
    /// <returns>The hierarchy.</returns>
    public static CgroupHierarchy V1(CgroupMountPoint mount, bool hasUnified) =>
        new(mount, mount.Controllers.Count == 0
            // A service manager kills by this hierarchy what its units leave behind: containers must leave the session's cgroup there, no more.
            ? [new PlainController(mount.Name ?? "", isPerContainer: false)]
            : [.. mount.Controllers.Select<string, ICgroupController>(name => name switch
            {
                "memory" => new Cgroup1Memory(),
                "cpu" => new Cgroup1Cpu(),
                "pids" => new Cgroup1Pids(),
                "devices" => new Cgroup1Devices(),
                "cpuset" => new Cgroup1Cpuset(),
                // Counted for each container; a later change of a living container's limits needs its cgroup there too.
                "cpuacct" or "blkio" => new PlainController(name, isPerContainer: true),
                // The unified hierarchy freezes better (cgroup.freeze, Linux 5.2: frozen processes can still be killed).
                "freezer" => new PlainController(name, isPerContainer: !hasUnified),
                _ => new PlainController(name, isPerContainer: false),
            })]);

    /// <summary>Pairs the v2 hierarchy with its controllers.</summary>
    /// <param name="mount">Where it is mounted.</param>
    /// <param name="available">What its cgroup.controllers says.</param>
    /// <param name="hasV1Devices">Whether devices are controlled in a v1 hierarchy.</param>
    /// <returns>The hierarchy.</returns>
    public static CgroupHierarchy Unified(CgroupMountPoint mount, IEnumerable<string> available, bool hasV1Devices)
    {
        var controllers = new List<ICgroupController>();
        foreach (string name in available)
        {
            ICgroupController? controller = name switch
            {
                "memory" => new Cgroup2Memory(),
                "cpu" => new Cgroup2Cpu(),
                "pids" => new Cgroup2Pids(),
                "io" or "cpuset" => new PlainController(name, isPerContainer: true),
                _ => null,
            };
            if (controller is not null)
            {
                controllers.Add(controller);
            }
        }

        if (!hasV1Devices)
        {
            controllers.Add(new Cgroup2Devices());
        }

        return new CgroupHierarchy(mount, controllers);
    }

    /// <summary>Whether a container gets a cgroup of its own here; in v2 always, since processes are killed and frozen there.</summary>
    /// <param name="settings">What is asked for the container.</param>
    /// <returns>Whether it does.</returns>
    public bool IsPerContainer(CgroupSettings settings) =>
        IsUnified || Controllers.Any(controller => controller.IsPerContainer || controller.IsAsked(settings));
}
