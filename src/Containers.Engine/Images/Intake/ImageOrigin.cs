namespace Containers.Engine.Images;

/// <summary>An image to be taken into the store.</summary>
internal sealed record ImageOrigin
{
    /// <summary>Its layers, lowest first.</summary>
    public required IReadOnlyList<LayerOrigin> Layers { get; init; }

    /// <summary>Tells its documents once the layers are there. It is called on the caller's thread, without a lock.</summary>
    public required Func<IReadOnlyList<TakenLayer>, ImageDescription> Describe { get; init; }

    /// <summary>
    /// The names it gets. One with a tag becomes a name of the store; one with only a digest says just where the image came from.
    /// </summary>
    public IReadOnlyList<ImageName> Names { get; init; } = [];
}

/// <summary>A layer that is there.</summary>
/// <param name="DiffId">The digest of its uncompressed archive.</param>
/// <param name="Blob">Its blob, with OCI's media type.</param>
internal sealed record TakenLayer(string DiffId, OciDescriptor Blob);

/// <summary>The documents of an image.</summary>
/// <param name="Config">The bytes of its configuration.</param>
internal sealed record ImageDescription(byte[] Config)
{
    /// <summary>The bytes of its manifest, kept as they are; null where it has none yet: then one is made.</summary>
    public byte[]? Manifest { get; init; }

    /// <summary>The media type of <see cref="Manifest"/>: OCI's or Docker's schema 2.</summary>
    public string? ManifestMediaType { get; init; }

    /// <summary>The digest that the name stood for where the image came from: that of an index, or of the manifest; null where it came from no registry.</summary>
    public string? OriginDigest { get; init; }
}
