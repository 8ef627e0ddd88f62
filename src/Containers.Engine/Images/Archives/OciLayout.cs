namespace Containers.Engine.Images.Archives;

/// <summary>Reads an OCI image layout (image-spec, image-layout.md): an index of manifests, or of indexes of manifests for several platforms.</summary>
/// <param name="files">The layout's files.</param>
/// <param name="platform">The platform to choose where there are several.</param>
/// <param name="isChosen">Whether the caller asked for that platform, so that no other will do.</param>
internal sealed class OciLayout(ArchiveFiles files, ImagePlatform platform, bool isChosen)
{
    /// <summary>The name of the file that makes a folder a layout.</summary>
    public const string MarkerName = "oci-layout";

    /// <summary>The name of the index.</summary>
    public const string IndexName = "index.json";

    /// <summary>The annotation in which containerd and docker keep an image's whole name.</summary>
    public const string WholeName = "io.containerd.image.name";

    private const int MostManifests = 1000;
    private const int DeepestNesting = 4;
    private int read;

    /// <summary>Reads the images.</summary>
    /// <returns>The images, in the index's order; one that is there under several names once.</returns>
    /// <exception cref="EngineException">InvalidData, LimitExceeded, NotSupported, NotFound where none is for the platform.</exception>
    public IReadOnlyList<ArchivedImage> Read()
    {
        ArchiveFile marker = files.Find(MarkerName) ?? throw ImageArchiveError.Wrong($"it has no {MarkerName}");
        string version = ArchiveFiles.Parse(files.Read(marker), ArchiveJson.Default.OciLayoutMarker, MarkerName).ImageLayoutVersion;
        if (!version.StartsWith("1.", StringComparison.Ordinal))
        {
            throw ImageArchiveError.Unsupported($"it is an OCI layout of version '{ImageArchiveError.Show(version)}'; the engine reads version 1");
        }

        ArchiveFile file = files.Find(IndexName) ?? throw ImageArchiveError.Wrong($"it has no {IndexName}");
        List<OciDescriptor> index = ArchivedManifests.ReadIndex(files.Read(file), OciMediaType.Index, IndexName);
        var images = new List<(OciDescriptor Manifest, List<string> Names, List<string> Digests)>();
        foreach (IGrouping<string, OciDescriptor> named in index.GroupBy(entry => NameOf(entry) ?? string.Empty, StringComparer.Ordinal))
        {
            foreach (OciDescriptor entry in Wanted([.. named]))
            {
                OciDescriptor manifest = Resolve(entry, 0);
                int known = images.FindIndex(image => image.Manifest.Digest == manifest.Digest);
                if (known < 0)
                {
                    known = images.Count;
                    images.Add((manifest, [], [manifest.Digest]));
                }

                images[known].Digests.Add(entry.Digest);
                if (named.Key.Length > 0)
                {
                    images[known].Names.Add(named.Key);
                }
            }
        }

        return images.Count > 0 ? images.ConvertAll(image => ReadImage(image.Manifest) with { Names = image.Names, Digests = image.Digests }) : throw ImageArchiveError.Wrong($"its {IndexName} names no image");
    }

    private static string? NameOf(OciDescriptor entry) => entry.Annotations?.GetValueOrDefault(WholeName) is { Length: > 0 } whole ? whole : entry.Name;

    // Of entries of one name those for the platform, and what says nothing of its platform; where none is for it, all.
    private List<OciDescriptor> Wanted(List<OciDescriptor> entries)
    {
        entries.RemoveAll(entry => !ArchivedManifests.IsImage(entry));
        List<OciDescriptor> fitting = entries.FindAll(entry => entry.Platform is null || Distance(entry) is not null);
        List<OciDescriptor> wanted = fitting.Count > 0 || isChosen ? fitting : entries;
        return entries.Count > 0 && wanted.Count == 0 ? throw NoneFor(entries) : wanted;
    }

    private OciDescriptor Resolve(OciDescriptor entry, int depth)
    {
        if (++read > MostManifests)
        {
            throw ImageArchiveError.Limit($"it names more than {MostManifests} manifests");
        }

        if (entry.MediaType is not (OciMediaType.Index or OciMediaType.DockerManifestList))
        {
            return entry;
        }

        if (depth == DeepestNesting)
        {
            throw ImageArchiveError.Limit($"its indexes are nested more than {DeepestNesting} deep");
        }

        List<OciDescriptor> images = ArchivedManifests.ReadIndex(ReadBlob(entry), entry.MediaType, entry.Digest).FindAll(ArchivedManifests.IsImage);

        // What was saved of an image for several platforms is often one of them: the index then names what is not there.
        List<OciDescriptor> present = images.FindAll(image => files.Find(BlobPath(image)) is not null);
        OciDescriptor? best = present.Where(image => image.Platform is null || Distance(image) is not null).MinBy(image => Distance(image) ?? int.MaxValue)
            ?? (present.Count == 1 && !isChosen ? present[0] : null);
        return Resolve(best ?? throw NoneFor(present.Count > 0 ? present : images), depth + 1);
    }

    private ArchivedImage ReadImage(OciDescriptor entry)
    {
        byte[] bytes = ReadBlob(entry);
        AnyManifest manifest = ArchivedManifests.ReadManifest(bytes, entry.MediaType, entry.Digest);
        byte[] config = ReadBlob(manifest.Config!);
        IReadOnlyList<string> diffIds = ArchivedImage.DiffIds(config, manifest.Config!.Digest, manifest.Layers!.Count);
        return new ArchivedImage
        {
            ConfigDigest = manifest.Config.Digest,
            Config = config,
            Layers = [.. manifest.Layers!.Select((layer, i) => ToOrigin(layer, diffIds[i]))],
            Manifest = bytes,
            ManifestMediaType = entry.MediaType,
        };
    }

    private LayerOrigin ToOrigin(OciDescriptor layer, string diffId)
    {
        ArchiveFile file = Find(layer);
        return new LayerOrigin { DiffId = diffId, Digest = layer.Digest, Size = layer.Size, Open = _ => file.Open() };
    }

    private byte[] ReadBlob(OciDescriptor blob)
    {
        byte[] bytes = files.Read(Find(blob));
        return Digest.Of(bytes) == blob.Digest ? bytes : throw ImageArchiveError.Wrong($"the content of its blob {blob.Digest} has the digest {Digest.Of(bytes)}");
    }

    private ArchiveFile Find(OciDescriptor blob)
    {
        ArchiveFile file = files.Find(BlobPath(blob)) ?? throw ImageArchiveError.Wrong($"its blob {blob.Digest} is not there");
        return file.Size == blob.Size ? file : throw ImageArchiveError.Wrong($"its blob {blob.Digest} has {file.Size} bytes instead of {blob.Size}");
    }

    private static string BlobPath(OciDescriptor blob) => Digest.IsValid(blob.Digest)
        ? $"blobs/sha256/{Digest.Hex(blob.Digest)}"
        : throw ImageArchiveError.Unsupported($"the digest '{ImageArchiveError.Show(blob.Digest)}' in it is no sha256 digest");

    private int? Distance(OciDescriptor entry) => entry.Platform is null ? null : platform.Distance(ImagePlatform.Of(entry.Platform));

    private EngineException NoneFor(IEnumerable<OciDescriptor> entries)
    {
        IEnumerable<string> there = entries.Where(entry => entry.Platform is not null).Select(entry => ImageArchiveError.Show(ImagePlatform.Of(entry.Platform!).ToString())).Distinct(StringComparer.Ordinal).Take(20);
        return new EngineException(
            EngineErrorReason.NotFound, platform.ToString(), $"The image archive holds no image for {platform}. It has: {string.Join(", ", there)}. Choose one of them with -Platform.");
    }
}
