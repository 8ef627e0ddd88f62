namespace Containers.Engine.Cgroups;

/// <summary>One controller of one cgroup version: which files stand for what is asked.</summary>
internal interface ICgroupController
{
    /// <summary>The kernel's name: <c>memory</c>.</summary>
    string Name { get; }

    /// <summary>
    /// Whether every container gets a cgroup of its own in the controller's hierarchy. A cgroup costs 30 to 130 microseconds of a start that
    /// takes 4 milliseconds, so only where something is limited, counted or shown for each container; elsewhere containers join the parent.
    /// </summary>
    bool IsPerContainer { get; }

    /// <summary>Whether these settings ask something of the controller.</summary>
    /// <param name="settings">The settings.</param>
    /// <returns>Whether <see cref="Apply"/> would change anything.</returns>
    bool IsAsked(CgroupSettings settings);

    /// <summary>
    /// The files that keep its limits and the value of each that means no limit, in the order in which they are lowered; raised and put back they are in the
    /// opposite one.
    /// </summary>
    IReadOnlyList<(string File, string None)> LimitFiles => [];

    /// <summary>Makes an inner cgroup ready for containers below it, where it is not ready yet.</summary>
    /// <param name="above">The cgroup it was made in.</param>
    /// <param name="folder">The inner cgroup.</param>
    void Prepare(CgroupFolder above, CgroupFolder folder)
    {
    }

    /// <summary>Sets what is asked and reads it back.</summary>
    /// <param name="folder">The container's cgroup.</param>
    /// <param name="settings">What is asked.</param>
    /// <exception cref="EngineException">The kernel refused a value.</exception>
    void Apply(CgroupFolder folder, CgroupSettings settings);
}
