namespace Containers;

/// <summary>An unpacked layer.</summary>
public sealed class ContainerLayer
{
    /// <summary>Its chain id: what it and all below it hold.</summary>
    public required string Id { get; init; }

    /// <summary>The digest of its uncompressed archive.</summary>
    public required string DiffId { get; init; }

    /// <summary>The chain id of the layer below; null for a lowest one.</summary>
    public string? Parent { get; init; }

    /// <summary>Bytes of its files' content.</summary>
    public long Size { get; init; }

    /// <summary>Files, folders, links and nodes.</summary>
    public long Entries { get; init; }

    /// <summary>The digest of the blob it was unpacked from; null where that is not known.</summary>
    public string? Blob { get; init; }

    /// <summary>Bytes of the blob, as it is compressed.</summary>
    public long BlobSize { get; init; }

    /// <summary>Its folder on this machine; what is in it must not be changed.</summary>
    public required string Folder { get; init; }

    /// <summary>The images that have it: names, or ids.</summary>
    public IReadOnlyList<string> Image { get; init; } = [];

    /// <summary>The names of the containers that have it.</summary>
    public IReadOnlyList<string> Container { get; init; } = [];

    /// <summary>The chain id.</summary>
    /// <returns>The chain id.</returns>
    public override string ToString() => Id;
}
