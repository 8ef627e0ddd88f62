using System.Diagnostics.CodeAnalysis;

namespace Containers.Engine.Images.Archives;

/// <summary>Finds the images in an archive's files, whichever way they are laid out, and gives them their names.</summary>
internal static class ImageArchiveReader
{
    /// <summary>Whether files are laid out as an image archive.</summary>
    /// <param name="files">The files.</param>
    /// <returns>True where they are an OCI layout or a docker archive.</returns>
    public static bool IsArchive(ArchiveFiles files) => (files.Find(OciLayout.MarkerName) is not null && files.Find(OciLayout.IndexName) is not null) || files.Find(DockerArchive.ManifestName) is not null;

    /// <summary>Reads the images.</summary>
    /// <param name="files">The archive's files.</param>
    /// <param name="options">What was asked.</param>
    /// <returns>The images as the store takes them in.</returns>
    /// <exception cref="EngineException">InvalidData, LimitExceeded, NotSupported, NotFound, InvalidArgument.</exception>
    public static IReadOnlyList<ImageOrigin> Read(ArchiveFiles files, ImageImportOptions options)
    {
        IReadOnlyList<ArchivedImage> images = ReadImages(files, options.Platform ?? ImagePlatform.Machine, options.Platform is not null);
        if (options.Name is not null)
        {
            return images.Count == 1 ? [images[0].ToOrigin([ImageQuery.ParseNewName(options.Name)])] : throw new EngineException(
                EngineErrorReason.InvalidArgument, options.Name, $"'{options.Name}' cannot be the name of the {images.Count} images that the archive holds. Import it under the names it gives them.");
        }

        var origins = new List<ImageOrigin>();
        var taken = new Dictionary<string, ArchivedImage>(StringComparer.Ordinal);
        foreach (ArchivedImage image in images)
        {
            var names = new List<ImageName>();
            foreach (string text in image.Names)
            {
                ImageName name = Parse(text, options.DefaultName);
                if (name.Digest is not null && !image.Digests.Contains(name.Digest, StringComparer.Ordinal))
                {
                    RefuseName(text, "is that of an image of another digest");
                }

                if (!taken.TryAdd(name.ToString(), image))
                {
                    if (taken[name.ToString()] != image)
                    {
                        throw ImageArchiveError.Wrong($"it gives the name '{name}' to two images");
                    }

                    continue;
                }

                names.Add(name);
            }

            origins.Add(image.ToOrigin(names));
        }

        return origins;
    }

    private static IReadOnlyList<ArchivedImage> ReadImages(ArchiveFiles files, ImagePlatform platform, bool isChosen)
    {
        ArchiveFile? manifest = files.Find(DockerArchive.ManifestName);
        bool isLayout = files.Find(OciLayout.MarkerName) is not null && files.Find(OciLayout.IndexName) is not null;
        if (!isLayout && manifest is null)
        {
            throw ImageArchiveError.Wrong($"it has blobs or layers of images, but neither a {DockerArchive.ManifestName} nor an {OciLayout.IndexName} with {OciLayout.MarkerName} that would say which");
        }

        IReadOnlyList<ArchivedImage> layout = isLayout ? new OciLayout(files, platform, isChosen).Read() : [];
        if (manifest is null)
        {
            return layout;
        }

        IReadOnlyList<ArchivedImage> docker = DockerArchive.Read(files, manifest);
        return isLayout ? Join(layout, docker) : docker;
    }

    // Docker writes archives that are both. The layout tells more (the manifest's own bytes); that both mean the same images is checked, lest one tool runs
    // another image of the same archive than the next.
    private static List<ArchivedImage> Join(IReadOnlyList<ArchivedImage> layout, IReadOnlyList<ArchivedImage> docker)
    {
        foreach (ArchivedImage image in docker)
        {
            bool isThere = layout.Any(other => other.ConfigDigest == image.ConfigDigest);
            bool isOtherPlatform = layout.Any(other => NamesOf(other, docker).Intersect(image.Names.Select(Plain), StringComparer.Ordinal).Any());
            if (!isThere && !isOtherPlatform)
            {
                throw ImageArchiveError.Wrong($"its {DockerArchive.ManifestName} names the image {image.ConfigDigest}, which its {OciLayout.IndexName} does not");
            }
        }

        return [.. layout.Select(image => docker.Where(other => other.ConfigDigest == image.ConfigDigest).SelectMany(other => other.Names).ToList() is { Count: > 0 } names ? image with { Names = names } : image)];
    }

    // The names under which both know an image, by which its other platforms are known.
    private static IEnumerable<string> NamesOf(ArchivedImage image, IReadOnlyList<ArchivedImage> docker) =>
        docker.Where(other => other.ConfigDigest == image.ConfigDigest).SelectMany(other => other.Names).Select(Plain);

    private static string Plain(string name) => ImageName.TryParse(name, out ImageName? parsed, out _) ? parsed!.ToString() : name;

    private static ImageName Parse(string text, string? defaultName)
    {
        // A bare word in a layout is a tag by its specification; what it is a tag of is what the archive is called.
        bool isBare = !text.AsSpan().ContainsAny(':', '/', '@');
        string whole = isBare && defaultName is not null ? $"{defaultName}:{text}" : text;
        if (!ImageName.TryParse(whole, out ImageName? name, out string? reason) && !(isBare && ImageName.TryParse(text, out name, out reason)))
        {
            RefuseName(text, $"is no image name: {reason}");
        }

        if (name!.Repository == ImageStore.HostImage)
        {
            RefuseName(text, "is that of the built-in image");
        }

        return name;
    }

    [DoesNotReturn]
    private static void RefuseName(string text, string reason) => throw new EngineException(
        EngineErrorReason.InvalidData, ImageArchiveError.Subject, $"The image archive is refused: its name '{ImageArchiveError.Show(text)}' {reason}. Give the image a name: -Name NAME.");
}
