using System.Text.Json.Serialization.Metadata;

namespace Containers.Engine.Images;

/// <summary>The checked documents of an image that is taken in.</summary>
internal sealed class ImageIntakeDocuments
{
    private const int LargestConfig = 8 << 20;
    private readonly ImageDescription description;
    private readonly OciImage image;
    private readonly IReadOnlyList<TakenLayer> layers;

    private ImageIntakeDocuments(ImageDescription description, OciImage image, IReadOnlyList<TakenLayer> layers)
    {
        this.description = description;
        this.image = image;
        this.layers = layers;
    }

    private bool HasForeignManifest => description.Manifest is not null && description.ManifestMediaType != OciMediaType.Manifest;

    /// <summary>Checks that configuration, manifest and layers belong together.</summary>
    /// <param name="description">The documents.</param>
    /// <param name="layers">The layers that are there.</param>
    /// <returns>The checked documents.</returns>
    /// <exception cref="EngineException">InvalidData.</exception>
    public static ImageIntakeDocuments Check(ImageDescription description, IReadOnlyList<TakenLayer> layers)
    {
        string config = Digest.Of(description.Config);
        if (description.Config.Length > LargestConfig)
        {
            throw Wrong(config, $"its configuration has more than {LargestConfig} bytes");
        }

        OciImage parsed = Parse(description.Config, OciJson.Default.OciImage, "configuration");
        if (!parsed.RootFileSystem.DiffIds.SequenceEqual(layers.Select(layer => layer.DiffId)))
        {
            throw Wrong(config, "its configuration names other layers than it has");
        }

        if (description.Manifest is not null)
        {
            OciManifest manifest = Parse(description.Manifest, OciJson.Default.OciManifest, "manifest");
            if (manifest.Manifests is not null || (manifest.MediaType is not null && manifest.MediaType != description.ManifestMediaType)
                || description.ManifestMediaType is not (OciMediaType.Manifest or OciMediaType.DockerManifest))
            {
                throw Wrong(config, "its manifest is of another type than it says");
            }

            if (manifest.Config?.Digest != config || !manifest.Layers.Select(layer => layer.Digest).SequenceEqual(layers.Select(layer => layer.Blob.Digest)))
            {
                throw Wrong(config, "its manifest names another configuration or other layers than it has");
            }
        }

        return new ImageIntakeDocuments(description, parsed, layers);
    }

    /// <summary>Writes the documents into the layout.</summary>
    /// <param name="layout">The layout.</param>
    /// <returns>The index's entry, without a name.</returns>
    public OciDescriptor Write(ImageLayout layout)
    {
        OciDescriptor config = layout.WriteBlob(description.Config, OciMediaType.Config);
        OciDescriptor entry = description.Manifest is not null && !HasForeignManifest
            ? layout.WriteBlob(description.Manifest, OciMediaType.Manifest)
            : layout.WriteDocument(
                new OciManifest { MediaType = OciMediaType.Manifest, Config = config, Layers = [.. layers.Select(layer => layer.Blob)] }, OciJson.Writer.OciManifest, OciMediaType.Manifest);

        // Other tools read the layout as OCI's; the manifest as it came is kept beside, so that its digest stays what it was.
        string? original = HasForeignManifest ? layout.WriteBlob(description.Manifest!, description.ManifestMediaType!).Digest : null;
        entry = entry.WithAnnotation(OciDescriptor.OriginalManifest, original);
        return entry with { Platform = new OciPlatform { Architecture = image.Architecture, OperatingSystem = image.OperatingSystem, Variant = image.Variant } };
    }

    /// <summary>The entry under a name.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="name">The name; null for none.</param>
    /// <returns>The entry to be put into the index.</returns>
    public OciDescriptor Name(OciDescriptor entry, ImageName? name)
    {
        string? digest = description.OriginDigest ?? name?.Digest;
        return entry.WithName(name?.Tag is null ? null : name.Reference)
            .WithAnnotation(OciDescriptor.OriginName, name is null || digest is null ? null : $"{name.Repository}@{digest}");
    }

    private static T Parse<T>(byte[] bytes, JsonTypeInfo<T> type, string what)
        where T : class => OciDocument.TryParse(bytes, type, out string? problem, out Exception? cause)
        ?? throw Wrong(Digest.Of(bytes), $"its {what} cannot be read ({problem})", cause);

    private static EngineException Wrong(string subject, string reason, Exception? inner = null) =>
        new(EngineErrorReason.InvalidData, subject, $"The image {subject} is damaged or was tampered with: {reason}. Nothing of it is kept.", inner);
}
