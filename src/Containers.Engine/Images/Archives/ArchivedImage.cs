namespace Containers.Engine.Images.Archives;

/// <summary>An image found in an archive.</summary>
internal sealed record ArchivedImage
{
    /// <summary>Layers of one image; overlayfs takes no more.</summary>
    private const int MostLayers = ImageStore.MostLayers;

    /// <summary>The digest of its configuration.</summary>
    public required string ConfigDigest { get; init; }

    /// <summary>The bytes of its configuration.</summary>
    public required byte[] Config { get; init; }

    /// <summary>Its layers, lowest first.</summary>
    public required IReadOnlyList<LayerOrigin> Layers { get; init; }

    /// <summary>Its names as the archive has them, not yet checked.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The digests by which a name may mean it: its manifest's, and that of the index which led to it.</summary>
    public IReadOnlyList<string> Digests { get; init; } = [];

    /// <summary>The bytes of its manifest, or null where the archive has none.</summary>
    public byte[]? Manifest { get; init; }

    /// <summary>The manifest's media type.</summary>
    public string? ManifestMediaType { get; init; }

    /// <summary>The digests that a configuration gives its layers, checked against their number.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="layers">How many layers the manifest names.</param>
    /// <returns>A digest for each.</returns>
    /// <exception cref="EngineException">InvalidData, LimitExceeded.</exception>
    public static IReadOnlyList<string> DiffIds(byte[] config, string name, int layers)
    {
        if (layers is 0 or > MostLayers)
        {
            throw layers == 0
                ? ImageArchiveError.Unsupported($"its image with the configuration '{ImageArchiveError.Show(name)}' has no layers: no container can be made of it")
                : ImageArchiveError.Limit($"its image with the configuration '{ImageArchiveError.Show(name)}' has {layers} layers, more than {MostLayers}");
        }

        OciImage image = ArchiveFiles.Parse(config, ArchiveJson.Default.OciImage, name);
        IReadOnlyList<string> diffIds = image.RootFileSystem?.DiffIds ?? [];
        if (diffIds.Count != layers)
        {
            throw ImageArchiveError.Wrong($"the configuration '{ImageArchiveError.Show(name)}' is of {diffIds.Count} layers, but its manifest names {layers}");
        }

        return diffIds.All(Digest.IsValid) ? diffIds : throw ImageArchiveError.Wrong($"the configuration '{ImageArchiveError.Show(name)}' has a layer whose digest is no sha256 digest");
    }

    /// <summary>The image as the store takes it in.</summary>
    /// <param name="names">Its names, checked.</param>
    /// <returns>The origin.</returns>
    public ImageOrigin ToOrigin(IReadOnlyList<ImageName> names) => new()
    {
        Layers = Layers,
        Names = names,
        Describe = _ => new ImageDescription(Config) { Manifest = Manifest, ManifestMediaType = ManifestMediaType },
    };
}
