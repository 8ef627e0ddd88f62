namespace Containers;

/// <summary>The kinds of things that take room.</summary>
public enum ContainerStorageKind
{
    /// <summary>Containers' writable layers and logs.</summary>
    Container,

    /// <summary>Images' blobs and unpacked layers.</summary>
    Image,

    /// <summary>What interrupted work left, and what nothing refers to any more.</summary>
    Leftover,
}
