namespace Containers.Engine.Images;

/// <summary>What the image store holds at one moment.</summary>
/// <param name="Images">The images.</param>
/// <param name="Uses">What containers and mounts use.</param>
/// <param name="Layers">The unpacked layers, by chain id; null where one has no record.</param>
/// <param name="Blobs">The blobs' sizes in bytes, by digest.</param>
/// <param name="Kept">The digests and chain ids that work in progress relies on.</param>
internal sealed record StoreSurvey(
    IReadOnlyList<StoredImage> Images,
    IReadOnlyCollection<ImageUse> Uses,
    IReadOnlyDictionary<string, LayerRecord?> Layers,
    IReadOnlyDictionary<string, long> Blobs,
    IReadOnlySet<string> Kept)
{
    /// <summary>Whether a container is made of the image.</summary>
    public bool IsUsed(StoredImage image) => Uses.Any(use => use.ImageId == image.Info.Id);

    /// <summary>Bytes of everything that images have, each thing once.</summary>
    public long SizeOf(IEnumerable<StoredImage> images) => Size(Things(images));

    /// <summary>Bytes that would go with images.</summary>
    public long SizeOnlyOf(IReadOnlyCollection<StoredImage> images)
    {
        HashSet<string> going = Things(images);
        going.ExceptWith(Things(Images.Except(images)));
        going.ExceptWith(Uses.SelectMany(use => use.Layers));
        going.ExceptWith(Kept);
        return Size(going);
    }

    /// <summary>Bytes of what nothing refers to.</summary>
    public long SizeOfOrphans()
    {
        HashSet<string> all = [.. Layers.Keys, .. Blobs.Keys];
        all.ExceptWith(Things(Images));
        all.ExceptWith(Uses.SelectMany(use => use.Layers));
        all.ExceptWith(Kept);
        return Size(all);
    }

    private static HashSet<string> Things(IEnumerable<StoredImage> images) =>
        images.SelectMany(image => image.Blobs.Concat(image.Info.Layers)).ToHashSet(StringComparer.Ordinal);

    // A blob that is stored uncompressed has the digest that a lowest layer has as its chain id: both count.
    private long Size(HashSet<string> things) =>
        things.Sum(thing => (Layers.GetValueOrDefault(thing)?.Size ?? 0) + Blobs.GetValueOrDefault(thing));
}
