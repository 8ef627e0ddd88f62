namespace Containers;

/// <summary>The kinds of things that can be out of order.</summary>
public enum ContainerRepairKind
{
    /// <summary>A container that a dead session left half made or half removed, that should have gone at its end, or whose document is damaged.</summary>
    Container,

    /// <summary>Cgroups of a container that does not run, or is not there any more.</summary>
    Cgroup,

    /// <summary>A name that leads nowhere, that a container has besides its own, or that it lacks.</summary>
    Name,

    /// <summary>What an image was mounted on that is not mounted any more.</summary>
    Mount,

    /// <summary>Pinned namespaces that a dead session left half made, or whose pid namespace lost its first process.</summary>
    Namespace,

    /// <summary>What interrupted work on images left, and what nothing refers to any more.</summary>
    Leftover,
}
