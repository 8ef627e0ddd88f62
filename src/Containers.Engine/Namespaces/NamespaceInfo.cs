namespace Containers.Engine.Namespaces;

/// <summary>A namespace of this machine as it was at one moment.</summary>
public sealed record NamespaceInfo
{
    /// <summary>Its kind.</summary>
    public required NamespaceType Type { get; init; }

    /// <summary>Its number, as /proc/PID/ns shows it. The kernel gives it to another one once this one is gone.</summary>
    public required ulong Id { get; init; }

    /// <summary>Of a pid or user namespace, its parent's number; null where it has none, or one that this process does not see.</summary>
    public ulong? ParentId { get; init; }

    /// <summary>The number of the user namespace that owns it, in which capabilities over it count; null where this process does not see that.</summary>
    public ulong? OwnerId { get; init; }

    /// <summary>Of a user namespace, the uid of who made it.</summary>
    public uint? OwnerUserId { get; init; }

    /// <summary>The processes in it, ascending; none where it is only pinned, or an ancestor of others.</summary>
    public IReadOnlyList<int> ProcessIds { get; init; } = [];

    /// <summary>The command line of the first of them; null where it has none.</summary>
    public string? Command { get; init; }

    /// <summary>Where it is mounted, which keeps it without processes.</summary>
    public IReadOnlyList<string> Pins { get; init; } = [];

    /// <summary>The name that it was made and pinned by (<see cref="ContainerEngine.CreateNamespaces"/>); null for others.</summary>
    public string? Name { get; init; }

    /// <summary>The id of the running container whose first process is in it, where the engine's own process is not; null for none.</summary>
    public string? ContainerId { get; init; }

    /// <summary>That container's name.</summary>
    public string? ContainerName { get; init; }

    /// <summary>Whether this process is in it.</summary>
    public bool IsCurrent { get; init; }

    /// <summary>A file by which it can be opened now; null where only its descendants lead to it.</summary>
    public string? Path { get; init; }
}
