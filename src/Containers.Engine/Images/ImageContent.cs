using Containers.Engine.Storage;

namespace Containers.Engine.Images;

/// <summary>An image's bytes, kept from being removed as long as this object lives.</summary>
internal sealed class ImageContent : IDisposable
{
    private readonly ImageLayout layout;
    private readonly StagingFolder keeper;

    private ImageContent(ImageLayout layout, StagingFolder keeper, StoredImage image)
    {
        this.layout = layout;
        this.keeper = keeper;
        Info = image.Info;
        byte[] manifest = layout.ReadBlob(image.Entry.Digest);
        Parsed = ImageLayout.Parse(manifest, OciJson.Default.OciManifest, image.Entry.Digest);
        Config = layout.ReadBlob(Parsed.Config!.Digest);
        string? original = image.Entry.Annotations?.GetValueOrDefault(OciDescriptor.OriginalManifest);
        (Manifest, ManifestMediaType) = original is null ? (manifest, OciMediaType.Manifest) : (layout.ReadBlob(original), OciMediaType.DockerManifest);
    }

    /// <summary>Opens the content. The caller holds the store's lock.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="staging">Where a folder is made that keeps the image.</param>
    /// <param name="image">The image.</param>
    /// <returns>The content.</returns>
    public static ImageContent Open(ImageLayout layout, StagingArea staging, StoredImage image)
    {
        StagingFolder made = staging.MakeKeeping(image.Blobs.Concat(image.Info.Layers));
        try
        {
            return new ImageContent(layout, made, image);
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>What is known of the image.</summary>
    public ImageInfo Info { get; }

    /// <summary>The manifest's bytes as they came, or as they were made: what a registry gets.</summary>
    public byte[] Manifest { get; }

    /// <summary>The media type of <see cref="Manifest"/>.</summary>
    public string ManifestMediaType { get; }

    /// <summary>The manifest in OCI's terms.</summary>
    public OciManifest Parsed { get; }

    /// <summary>The configuration's bytes.</summary>
    public byte[] Config { get; }

    /// <summary>The configuration.</summary>
    public OciImage Image => ImageLayout.Parse(Config, OciJson.Default.OciImage, Parsed.Config!.Digest);

    /// <summary>The digests of the uncompressed layers, one for each of the manifest's.</summary>
    /// <exception cref="EngineException">Storage where configuration and manifest do not belong together.</exception>
    public IReadOnlyList<string> DiffIds => Image.RootFileSystem.DiffIds is var ids && ids.Count == Parsed.Layers.Count ? ids : throw new EngineException(
        EngineErrorReason.Storage, Info.Id, $"The image {Info.Id} is damaged: its manifest has {Parsed.Layers.Count} layers and its configuration {ids.Count}. Remove it and get it again.");

    /// <summary>Opens a blob of the image. Its content is not verified.</summary>
    /// <param name="digest">Its digest.</param>
    /// <returns>A stream that can seek.</returns>
    /// <exception cref="EngineException">Storage where it is missing.</exception>
    public FileStream OpenBlob(string digest) => layout.OpenBlob(digest);

    /// <inheritdoc/>
    public void Dispose() => keeper.Dispose();
}
