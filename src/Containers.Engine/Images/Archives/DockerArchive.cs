namespace Containers.Engine.Images.Archives;

/// <summary>Reads docker archives: a <c>manifest.json</c> that names each image's configuration and layers by their paths.</summary>
internal static class DockerArchive
{
    /// <summary>The document's name.</summary>
    public const string ManifestName = "manifest.json";

    private const int MostImages = 1000;

    /// <summary>Whether files that prove nothing by their names are an archive all the same.</summary>
    /// <param name="files">The files.</param>
    /// <returns>True where there is a manifest.json, and it is Docker's.</returns>
    public static bool IsOne(ArchiveFiles files)
    {
        try
        {
            return files.Find(ManifestName) is { } file
                && ArchiveFiles.Parse(files.Read(file), ArchiveJson.Default.ListDockerArchiveImage, ManifestName) is [{ Config: not null, Layers: not null }, ..];
        }
        catch (EngineException)
        {
            return false;
        }
    }

    /// <summary>Reads the images.</summary>
    /// <param name="files">The archive's files.</param>
    /// <param name="manifest">Its manifest.json.</param>
    /// <returns>The images, in its order.</returns>
    /// <exception cref="EngineException">InvalidData, LimitExceeded.</exception>
    public static IReadOnlyList<ArchivedImage> Read(ArchiveFiles files, ArchiveFile manifest)
    {
        List<DockerArchiveImage> list = ArchiveFiles.Parse(files.Read(manifest), ArchiveJson.Default.ListDockerArchiveImage, ManifestName);
        if (list.Count is 0 or > MostImages)
        {
            throw list.Count == 0 ? ImageArchiveError.Wrong($"its {ManifestName} names no image") : ImageArchiveError.Limit($"it holds {list.Count} images, more than {MostImages}");
        }

        return list.ConvertAll(image => Read(files, image));
    }

    private static ArchivedImage Read(ArchiveFiles files, DockerArchiveImage image)
    {
        ArchiveFile configFile = Find(files, image?.Config);
        byte[] config = files.Read(configFile);
        string digest = Digest.Of(config);
        if (DigestOfName(configFile.Name) is { } promised && promised != digest)
        {
            throw ImageArchiveError.Wrong($"the content of '{ImageArchiveError.Show(configFile.Name)}' has the digest {digest}");
        }

        IReadOnlyList<string> paths = image!.Layers ?? [];
        IReadOnlyList<string> diffIds = ArchivedImage.DiffIds(config, configFile.Name, paths.Count);
        var layers = new LayerOrigin[paths.Count];
        for (int i = 0; i < layers.Length; i++)
        {
            ArchiveFile layer = Find(files, paths[i]);
            layers[i] = new LayerOrigin
            {
                DiffId = diffIds[i],
                Digest = layer.Name.StartsWith("blobs/", StringComparison.Ordinal) ? DigestOfName(layer.Name) : null,
                Open = _ => layer.Open(),
            };
        }

        return new ArchivedImage
        {
            ConfigDigest = digest,
            Config = config,
            Layers = layers,
            Names = image.RepoTags?.Select(tag => tag ?? string.Empty).ToList() ?? [],
        };
    }

    private static ArchiveFile Find(ArchiveFiles files, string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            throw ImageArchiveError.Wrong($"an image of its {ManifestName} has no configuration, or a layer without a path");
        }

        string plain = ArchivePath.Normalize(path);
        return files.Find(plain) ?? throw ImageArchiveError.Wrong($"its file '{ImageArchiveError.Show(plain)}', which its {ManifestName} names, is not there");
    }

    // 64 digits with or without .json, sha256: before or a folder of blobs: in all writers' archives they are the digest of the content. (Not so those of a
    // layer's own folder in the older format, and not those of a symbolic link.)
    private static string? DigestOfName(string path)
    {
        string name = path[(path.LastIndexOf('/') + 1)..];
        name = name.EndsWith(".json", StringComparison.Ordinal) ? name[..^".json".Length] : name;
        name = name.StartsWith(Digest.Prefix, StringComparison.Ordinal) ? name : Digest.Prefix + name;
        return Digest.IsValid(name) ? name : null;
    }
}
