namespace Containers;

/// <summary>What one kind of things takes on disk.</summary>
public sealed class ContainerStorageUsage
{
    /// <summary>The kind.</summary>
    public ContainerStorageKind Kind { get; init; }

    /// <summary>How many there are; of leftovers, 0 or 1.</summary>
    public int Count { get; init; }

    /// <summary>How many of them are in use: running containers, images with containers.</summary>
    public int InUse { get; init; }

    /// <summary>Bytes that they take.</summary>
    public long Size { get; init; }

    /// <summary>Bytes of what is not in use, which Clear-ContainerStorage -All frees.</summary>
    public long Reclaimable { get; init; }
}
