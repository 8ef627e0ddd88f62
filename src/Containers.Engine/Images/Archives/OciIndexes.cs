namespace Containers.Engine.Images.Archives;

/// <summary>Parses indexes and manifests strictly: what could be read as either, or says of itself to be another thing than what named it, is refused (CVE-2021-41190).</summary>
internal static class OciIndexes
{
    private const string DockerConfig = "application/vnd.docker.container.image.v1+json";

    /// <summary>Whether an entry of an index is an image or an index of images; not an attestation or a signature.</summary>
    /// <param name="entry">The entry.</param>
    /// <returns>True where it is.</returns>
    public static bool IsImage(OciDescriptor entry) =>
        entry.MediaType is OciMediaType.Manifest or OciMediaType.DockerManifest or OciMediaType.Index or OciMediaType.DockerManifestList
        && entry.Platform is not { OperatingSystem: "unknown" }
        && entry.Others?.ContainsKey("artifactType") != true;

    /// <summary>Parses an index.</summary>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="mediaType">What it was said to be.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <returns>The index.</returns>
    /// <exception cref="EngineException">InvalidData.</exception>
    public static OciIndex Parse(byte[] bytes, string mediaType, string name)
    {
        OciIndex index = ArchiveFiles.Parse(bytes, ArchiveJson.Default.OciIndex, name);
        Check(index.SchemaVersion, index.MediaType, mediaType, name);
        if (index.Others is { } others && (others.ContainsKey("config") || others.ContainsKey("layers") || others.ContainsKey("fsLayers")))
        {
            throw ImageArchiveError.Wrong($"its document '{ImageArchiveError.Show(name)}' could be read as an index and as a manifest");
        }

        return index.Manifests is null || index.Manifests.Contains(null!) ? throw ImageArchiveError.Wrong($"its document '{ImageArchiveError.Show(name)}' has an entry that is null") : index;
    }

    /// <summary>Parses a manifest.</summary>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="mediaType">What it was said to be.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <returns>The manifest, which has a configuration.</returns>
    /// <exception cref="EngineException">InvalidData, or NotSupported where it is not of an image.</exception>
    public static OciManifest ParseManifest(byte[] bytes, string mediaType, string name)
    {
        OciManifest manifest = ArchiveFiles.Parse(bytes, ArchiveJson.Default.OciManifest, name);
        Check(manifest.SchemaVersion, manifest.MediaType, mediaType, name);
        if (manifest.Manifests is not null)
        {
            throw ImageArchiveError.Wrong($"its document '{ImageArchiveError.Show(name)}' could be read as a manifest and as an index");
        }

        if (manifest.Config is null || manifest.Layers is null || manifest.Layers.Contains(null!))
        {
            throw ImageArchiveError.Wrong($"its manifest '{ImageArchiveError.Show(name)}' has no configuration, or a layer that is null");
        }

        if (manifest.Config.MediaType is not (OciMediaType.Config or DockerConfig))
        {
            throw ImageArchiveError.Unsupported($"its manifest '{ImageArchiveError.Show(name)}' is of '{ImageArchiveError.Show(manifest.Config.MediaType)}', not of an image");
        }

        if (manifest.Layers.Find(layer => layer.MediaType.Contains("+encrypted", StringComparison.Ordinal)) is { } encrypted)
        {
            throw ImageArchiveError.Unsupported($"its layer {ImageArchiveError.Show(encrypted.Digest)} is encrypted");
        }

        return manifest;
    }

    private static void Check(int schemaVersion, string? own, string said, string name)
    {
        if (schemaVersion != 2)
        {
            throw ImageArchiveError.Unsupported($"its document '{ImageArchiveError.Show(name)}' is of schema version {schemaVersion}; the engine reads version 2");
        }

        if (own is not null && own != said)
        {
            throw ImageArchiveError.Wrong($"its document '{ImageArchiveError.Show(name)}' says that it is '{ImageArchiveError.Show(own)}', where it was said to be '{ImageArchiveError.Show(said)}'");
        }
    }
}
