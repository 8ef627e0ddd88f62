using System.Text.Json;
using Containers.Engine.Layers;

namespace Containers.Engine.Images.Archives;

/// <summary>What an export consists of. As long as this object lives none of it is removed from the store.</summary>
internal sealed class ExportPlan : IDisposable
{
    private readonly List<ImageContent> contents = [];
    private readonly SortedDictionary<string, ExportedBlob> blobs = new(StringComparer.Ordinal);
    private readonly List<ExportedImage> images = [];

    private ExportPlan()
    {
    }

    /// <summary>The images, in the order they were asked for, each once.</summary>
    public IReadOnlyList<ExportedImage> Images => images;

    /// <summary>What the store has of them, one for each name that was asked for.</summary>
    public IReadOnlyList<ImageInfo> Infos => [.. contents.Select(content => content.Info)];

    /// <summary>Their blobs, each once, by digest.</summary>
    public IReadOnlyCollection<ExportedBlob> Blobs => blobs.Values;

    /// <summary>Plans an export.</summary>
    /// <param name="store">The store.</param>
    /// <param name="names">Names or beginnings of ids. An image that is asked for by its id is exported without a name.</param>
    /// <param name="isDocker">Whether Docker must be able to read the layers.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The plan.</returns>
    /// <exception cref="EngineException">NotFound, Ambiguous, NotSupported for the built-in image, Storage.</exception>
    public static ExportPlan Make(ImageStore store, IReadOnlyList<string> names, bool isDocker, CancellationToken cancellation)
    {
        var plan = new ExportPlan();
        try
        {
            foreach (string name in names)
            {
                plan.Add(store.OpenContent(name), name, isDocker, cancellation);
            }

            return plan;
        }
        catch
        {
            plan.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ImageContent content in contents)
        {
            content.Dispose();
        }
    }

    private void Add(ImageContent content, string asked, bool isDocker, CancellationToken cancellation)
    {
        contents.Add(content);
        ExportedImage image = Describe(content, isDocker, cancellation);
        if (images.Find(other => other.Manifest.Digest == image.Manifest.Digest) is { } known)
        {
            image = known;
        }
        else
        {
            images.Add(image);
        }

        if (ImageName.TryParse(asked, out ImageName? name, out _) && name!.Reference == content.Info.Name && !image.Names.Exists(other => other.Reference == name.Reference))
        {
            image.Names.Add(name);
        }
    }

    private ExportedImage Describe(ImageContent content, bool isDocker, CancellationToken cancellation)
    {
        OciManifest manifest = content.Parsed;
        IReadOnlyList<string> diffIds = content.DiffIds;
        var layers = new List<OciDescriptor>();
        for (int i = 0; i < manifest.Layers.Count; i++)
        {
            OciDescriptor layer = manifest.Layers[i];
            if (isDocker && IsZstd(content, layer))
            {
                ExportedBlob plain = ExportedBlob.Decompressed(content, layer, diffIds[i], cancellation);
                blobs.TryAdd(plain.Digest, plain);
                layers.Add(new OciDescriptor { MediaType = OciMediaType.Layer, Digest = plain.Digest, Size = plain.Size });
            }
            else
            {
                blobs.TryAdd(layer.Digest, ExportedBlob.Of(content, layer));
                layers.Add(layer);
            }
        }

        // The manifest as it came, unless it is Docker's, which has no place in an OCI layout, or its layers are others now.
        bool isOwn = content.ManifestMediaType == OciMediaType.Manifest && layers.SequenceEqual(manifest.Layers);
        var written = ExportedBlob.Of(isOwn ? content.Manifest : JsonSerializer.SerializeToUtf8Bytes(manifest with { Layers = layers }, OciJson.Default.OciManifest));
        var config = ExportedBlob.Of(content.Config);
        blobs.TryAdd(written.Digest, written);
        blobs.TryAdd(config.Digest, config);
        OciImage image = content.Image;
        return new ExportedImage(
            new OciDescriptor
            {
                MediaType = OciMediaType.Manifest,
                Digest = written.Digest,
                Size = written.Size,
                Platform = new OciPlatform { Architecture = image.Architecture, OperatingSystem = image.OperatingSystem, Variant = image.Variant },
            },
            config.Digest,
            layers.ConvertAll(layer => layer.Digest));
    }

    // By its bytes: that they are what the media type says nobody has checked.
    private static bool IsZstd(ImageContent content, OciDescriptor layer)
    {
        using FileStream file = content.OpenBlob(layer.Digest);
        using var input = new ArchiveInput(file, ExtractionLimits.Default, tap: null, CancellationToken.None);
        using Stream tar = LayerCompression.Open(input, out LayerCompressionKind kind);
        return kind == LayerCompressionKind.Zstd;
    }
}
