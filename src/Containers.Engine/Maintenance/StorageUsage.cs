namespace Containers.Engine.Maintenance;

/// <summary>The kinds of things that take room.</summary>
public enum StorageKind
{
    /// <summary>Containers' writable layers and logs.</summary>
    Container,

    /// <summary>Images' blobs and unpacked layers.</summary>
    Image,

    /// <summary>What interrupted work left, and what nothing refers to any more.</summary>
    Leftover,
}

/// <summary>What one kind of things takes.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Count">How many there are; of leftovers, 0 or 1.</param>
/// <param name="InUse">How many of them are in use: running containers, images with containers.</param>
/// <param name="Size">Bytes that they take.</param>
/// <param name="Reclaimable">Bytes of what is not in use.</param>
public sealed record StorageUsage(StorageKind Kind, int Count, int InUse, long Size, long Reclaimable);

/// <summary>Something that can be cleared.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Id">Its id; empty for leftovers.</param>
/// <param name="Name">Its name; null where it has none.</param>
/// <param name="Size">Bytes that go with it.</param>
public sealed record ClearableItem(StorageKind Kind, string Id, string? Name, long Size);

/// <summary>What is to be cleared.</summary>
public sealed record ClearingScope
{
    /// <summary>The kinds.</summary>
    public IReadOnlyCollection<StorageKind> Kinds { get; init; } = [StorageKind.Container, StorageKind.Image, StorageKind.Leftover];

    /// <summary>Whether every image that no container is made of goes, and not only those without a name.</summary>
    public bool AllImages { get; init; }

    /// <summary>Only what was made (images), or has ended or was made without ever running (containers), before; null for everything.</summary>
    public DateTimeOffset? Before { get; init; }
}
