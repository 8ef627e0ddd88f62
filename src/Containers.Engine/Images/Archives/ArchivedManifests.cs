namespace Containers.Engine.Images.Archives;

/// <summary>Reads the indexes and manifests of an archive strictly.</summary>
internal static class ArchivedManifests
{
    /// <summary>Whether an entry of an index is an image or an index of images; not an attestation or a signature.</summary>
    /// <param name="entry">The entry.</param>
    /// <returns>True where it is.</returns>
    public static bool IsImage(OciDescriptor entry) =>
        StrictManifest.Accepted.Contains(entry.MediaType, StringComparer.Ordinal)
        && entry.Platform is not { OperatingSystem: "unknown" }
        && entry.Others?.ContainsKey("artifactType") != true;

    /// <summary>Reads an index.</summary>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="mediaType">What it was said to be.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <returns>Its entries.</returns>
    /// <exception cref="EngineException">InvalidData, or NotSupported for schema 1.</exception>
    public static List<OciDescriptor> ReadIndex(byte[] bytes, string mediaType, string name) =>
        Read(bytes, mediaType, name) is { IsIndex: true } index ? index.Document.Manifests!
            : throw ImageArchiveError.Wrong($"its document '{ImageArchiveError.Show(name)}' is no index");

    /// <summary>Reads a manifest.</summary>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="mediaType">What it was said to be.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <returns>The manifest, which has a configuration and layers.</returns>
    /// <exception cref="EngineException">InvalidData, or NotSupported for schema 1 and where it is not of an image.</exception>
    public static AnyManifest ReadManifest(byte[] bytes, string mediaType, string name)
    {
        AnyManifest manifest = Read(bytes, mediaType, name) is { IsIndex: false } image ? image.Document
            : throw ImageArchiveError.Wrong($"its document '{ImageArchiveError.Show(name)}' is no manifest of an image");
        if (manifest.Config!.MediaType is not (OciMediaType.Config or OciMediaType.DockerConfig))
        {
            throw ImageArchiveError.Unsupported($"its manifest '{ImageArchiveError.Show(name)}' is of '{ImageArchiveError.Show(manifest.Config.MediaType)}', not of an image");
        }

        return manifest.Layers!.Find(layer => layer.MediaType.Contains("+encrypted", StringComparison.Ordinal)) is { } encrypted
            ? throw ImageArchiveError.Unsupported($"its layer {ImageArchiveError.Show(encrypted.Digest)} is encrypted")
            : manifest;
    }

    private static StrictManifest Read(byte[] bytes, string mediaType, string name) =>
        StrictManifest.Read(bytes, mediaType, "the archive", (reason, text) => reason == EngineErrorReason.NotSupported
            ? ImageArchiveError.Unsupported($"its document '{ImageArchiveError.Show(name)}' cannot be taken: {text}")
            : ImageArchiveError.Wrong($"its document '{ImageArchiveError.Show(name)}' cannot be taken: {text}"));
}
