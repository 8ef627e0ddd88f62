namespace Containers.Engine.Cgroups;

/// <summary>How the machine's cgroup hierarchies are mounted (cgroups(7)).</summary>
public enum CgroupVersion
{
    /// <summary>Only v1 hierarchies, one for each controller or few controllers.</summary>
    V1,

    /// <summary>Only the unified hierarchy.</summary>
    V2,

    /// <summary>v1 hierarchies with controllers, and beside them the unified hierarchy, usually without any.</summary>
    Hybrid,
}
