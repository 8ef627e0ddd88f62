namespace Containers;

/// <summary>A cgroup of this machine: one path in all the hierarchies that have it (cgroups(7)).</summary>
public sealed class Cgroup
{
    /// <summary>Its path from the hierarchies' root: <c>/</c>, <c>/system.slice/cron.service</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Its folders, one for each hierarchy, the unified (v2) one first.</summary>
    public required string[] Folder { get; init; }

    /// <summary>Its controllers in all hierarchies, in alphabetical order.</summary>
    public required string[] Controller { get; init; }

    /// <summary>The processes in it in any hierarchy, without those below it.</summary>
    public required int[] ProcessId { get; init; }

    /// <summary>The names of the cgroups right below it.</summary>
    public required string[] Child { get; init; }

    /// <summary>The systemd unit that its name says it is (<c>cron.service</c>, <c>user.slice</c>, <c>session-1.scope</c>); null where it says none.</summary>
    public string? Unit { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Path;
}
