namespace Containers.Engine.Cgroups;

/// <summary>A v1 controller of which nothing is asked yet: it counts, freezes, or is only left behind with the session's cgroup.</summary>
/// <param name="name">The kernel's name, or a named hierarchy's.</param>
/// <param name="isPerContainer">Whether its counters or its freezer are wanted for each container.</param>
internal sealed class PlainController(string name, bool isPerContainer) : ICgroupController
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool IsPerContainer => isPerContainer;

    /// <inheritdoc/>
    public bool IsAsked(CgroupSettings settings) => false;

    /// <inheritdoc/>
    public void Apply(CgroupFolder folder, CgroupSettings settings)
    {
    }
}
