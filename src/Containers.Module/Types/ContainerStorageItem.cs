namespace Containers;

/// <summary>Something that was cleared.</summary>
public sealed class ContainerStorageItem
{
    /// <summary>The kind.</summary>
    public ContainerStorageKind Kind { get; init; }

    /// <summary>Its name; null where it had none.</summary>
    public string? Name { get; init; }

    /// <summary>Its id; null for leftovers.</summary>
    public string? Id { get; init; }

    /// <summary>Bytes that went with it.</summary>
    public long Size { get; init; }
}
