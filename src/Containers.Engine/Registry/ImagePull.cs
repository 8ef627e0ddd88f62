using Containers.Engine.Images;

namespace Containers.Engine.Registry;

/// <summary>Finds out what an image of a registry consists of.</summary>
/// <param name="repository">Where it is.</param>
/// <param name="platform">The platform asked for; null for this machine's.</param>
internal sealed class ImagePull(RemoteRepository repository, ImagePlatform? platform)
{
    private const int MostShown = 20;

    private static readonly HashSet<string> LayerTypes = new(StringComparer.Ordinal)
    {
        OciMediaType.Layer, OciMediaType.LayerGzip, OciMediaType.LayerZstd,
        "application/vnd.docker.image.rootfs.diff.tar", "application/vnd.docker.image.rootfs.diff.tar.gzip", "application/vnd.docker.image.rootfs.diff.tar.zstd",
    };

    private readonly string name = repository.Reference.ToString();

    private ImagePlatform Wanted => platform ?? ImagePlatform.Machine;

    /// <summary>Fetches the manifest and the configuration, and checks them.</summary>
    /// <param name="names">The names that the image gets.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The image, its layers yet to be fetched.</returns>
    /// <exception cref="EngineException">NotFound, InvalidData, NotSupported, AuthenticationFailed, ConnectionFailed ...</exception>
    public ImageOrigin Resolve(IReadOnlyList<ImageName> names, CancellationToken cancellation)
    {
        RemoteManifest root = repository.GetManifest(repository.Reference.Key, cancellation);
        RemoteManifest manifest = root.IsIndex ? GetChosen(root, cancellation) : root;
        OciDescriptor config = manifest.Document.Config!;
        IReadOnlyList<OciDescriptor> layers = manifest.Document.Layers!;
        CheckTypes(manifest, config, layers);
        byte[] bytes = repository.GetConfig(config, cancellation);
        OciImage image = Parse(bytes);
        IReadOnlyList<string> diffIds = image.RootFileSystem.DiffIds;
        if (diffIds.Count != layers.Count || !diffIds.All(Digest.IsValid))
        {
            throw RegistryErrors.Invalid(name, $"The image '{name}' contradicts itself: its manifest has {layers.Count} layers and its configuration {diffIds.Count}, or names them by no sha256 digest.");
        }

        if (layers.Count is 0 or > ImageStore.MostLayers)
        {
            throw new EngineException(
                layers.Count == 0 ? EngineErrorReason.NotSupported : EngineErrorReason.LimitExceeded,
                name,
                layers.Count == 0 ? $"The image '{name}' has no layers: no container can be made of it." : $"The image '{name}' has {layers.Count} layers, more than {ImageStore.MostLayers}.");
        }

        CheckPlatform(image);
        return new ImageOrigin
        {
            Names = names,
            Layers =
            [
                .. layers.Zip(diffIds, (layer, diffId) => new LayerOrigin
                {
                    Digest = layer.Digest, DiffId = diffId, Size = layer.Size, Open = ending => repository.OpenBlob(layer, ending),
                }),
            ],
            Describe = _ => new ImageDescription(bytes) { Manifest = manifest.Bytes, ManifestMediaType = manifest.MediaType, OriginDigest = root.Digest },
        };
    }

    private RemoteManifest GetChosen(RemoteManifest index, CancellationToken cancellation)
    {
        OciDescriptor chosen = Choose(index.Document.Manifests!);
        RemoteManifest manifest = repository.GetManifest(chosen.Digest, cancellation);
        return manifest.MediaType == chosen.MediaType && (chosen.Size == manifest.Bytes.Length) ? manifest : throw RegistryErrors.Invalid(
            name, $"The manifest of '{name}' for {Wanted} is not what the index says: it is of the type {RegistryText.Show(manifest.MediaType)} and has {manifest.Bytes.Length} bytes.");
    }

    private OciDescriptor Choose(IReadOnlyList<OciDescriptor> entries)
    {
        (OciDescriptor Entry, ImagePlatform Platform)[] candidates =
        [
            .. entries.Where(entry => entry.MediaType is OciMediaType.Manifest or OciMediaType.DockerManifest && entry.Platform is not null)
                .Select(entry => (entry, ImagePlatform.Of(entry.Platform!)))
                .Where(candidate => candidate.Item2.OperatingSystem != "unknown"),
        ];
        OciDescriptor? best = candidates.Select(candidate => (candidate.Entry, Distance: Wanted.Distance(candidate.Platform)))
            .Where(candidate => candidate.Distance is not null).OrderBy(candidate => candidate.Distance).FirstOrDefault().Entry;

        // An index of one manifest that says nothing of its platform: the image's configuration says it.
        best ??= candidates.Length == 0 && entries.Count == 1 && entries[0].MediaType is OciMediaType.Manifest or OciMediaType.DockerManifest ? entries[0] : null;
        if (best is not null)
        {
            return best;
        }

        string there = string.Join(", ", candidates.Select(candidate => RegistryText.Show(candidate.Platform.ToString())).Distinct(StringComparer.Ordinal).Take(MostShown));
        throw new EngineException(
            EngineErrorReason.NotFound, name, $"There is no image '{name}' for {Wanted}. {(there.Length > 0 ? $"It is there for {there}" : "Its index lists no image for any platform")}.");
    }

    private void CheckTypes(RemoteManifest manifest, OciDescriptor config, IReadOnlyList<OciDescriptor> layers)
    {
        if (config.MediaType is not (OciMediaType.Config or OciMediaType.DockerConfig))
        {
            string kind = string.IsNullOrEmpty(manifest.Document.ArtifactType) ? config.MediaType : manifest.Document.ArtifactType;
            throw new EngineException(EngineErrorReason.NotSupported, name, $"'{name}' is no container image but another kind of artifact ('{RegistryText.Show(kind)}'): no container can be made of it.");
        }

        foreach (OciDescriptor layer in layers.Where(layer => !LayerTypes.Contains(layer.MediaType)))
        {
            bool isForeign = layer.MediaType.Contains("foreign", StringComparison.Ordinal) || layer.MediaType.Contains("nondistributable", StringComparison.Ordinal);
            throw new EngineException(
                EngineErrorReason.NotSupported,
                name,
                isForeign
                    ? $"The layer {layer.Digest} of '{name}' may not be distributed by registries (it is of the type '{RegistryText.Show(layer.MediaType)}', as Windows' base layers are) and cannot be pulled."
                    : $"The layer {layer.Digest} of '{name}' is of the unknown type '{RegistryText.Show(layer.MediaType)}'. Layers are tar archives: plain, gzip or zstd.");
        }
    }

    private OciImage Parse(byte[] bytes)
    {
        return OciDocument.TryParse(bytes, OciJson.Default.OciImage, out string? problem)
            ?? throw RegistryErrors.Invalid(name, $"The configuration of '{name}' cannot be read: {problem}.");
    }

    private void CheckPlatform(OciImage image)
    {
        if (string.IsNullOrEmpty(image.Architecture))
        {
            return;
        }

        ImagePlatform own = ImagePlatform.Make(image.OperatingSystem, image.Architecture, image.Variant);
        if (Wanted.Distance(own) is null)
        {
            throw new EngineException(
                EngineErrorReason.NotFound,
                name,
                platform is null
                    ? $"The image '{name}' is for {RegistryText.Show(own.ToString())}, and this machine is {Wanted}. To have it all the same, ask for it: -Platform {RegistryText.Show(own.ToString())}"
                    : $"There is no image '{name}' for {Wanted}. It is there for {RegistryText.Show(own.ToString())}.");
        }
    }
}
