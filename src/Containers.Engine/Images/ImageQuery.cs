namespace Containers.Engine.Images;

/// <summary>What a text that names an image means.</summary>
internal static class ImageQuery
{
    /// <summary>What was found.</summary>
    /// <param name="Images">The entries: one for a name; for an id, or a digest in a repository, one for each name the image has, there.</param>
    /// <param name="IsById">Whether the text was an id, the beginning of one, or a digest in a repository: it means the image, not one of its names.</param>
    public readonly record struct Found(IReadOnlyList<StoredImage> Images, bool IsById)
    {
        /// <summary>Whether the image came from the repository asked for, but has names in others only.</summary>
        public bool IsElsewhere { get; init; }
    }

    /// <summary>Whether the built-in image is meant.</summary>
    public static bool IsHost(string text) => text is ImageStore.HostImage or ImageStore.HostImage + ":latest";

    /// <summary>Parses the name of an image to be made.</summary>
    /// <exception cref="EngineException">InvalidArgument.</exception>
    public static ImageName ParseNewName(string text)
    {
        ImageName name = ImageName.Parse(text);
        if (name.Digest is not null)
        {
            throw new EngineException(EngineErrorReason.InvalidArgument, text, $"'{name}' names an image by its digest; an image to be made gets a name and a tag only.");
        }

        return name.Repository != ImageStore.HostImage
            ? name
            : throw new EngineException(EngineErrorReason.InvalidArgument, text, $"The name '{ImageStore.HostImage}' is that of the built-in image. Choose another.");
    }

    /// <summary>Finds an image: by its name first, then by id.</summary>
    /// <exception cref="EngineException">NotFound, Ambiguous, InvalidArgument.</exception>
    public static Found Find(IReadOnlyList<StoredImage> images, string text)
    {
        bool isDigest = text.StartsWith(Digest.Prefix, StringComparison.Ordinal);
        string digits = isDigest ? text[Digest.Prefix.Length..] : text;
        if (!isDigest && ImageName.TryParse(text, out ImageName? name, out _)
            && (name!.Digest is null ? FindName(images, name) : FindDigest(images, name)) is { } named)
        {
            return named;
        }

        if (Digest.IsHex(digits))
        {
            var matching = images.Where(image => Digest.IsValid(image.Info.Id) && image.Info.Id.AsSpan(Digest.Prefix.Length).StartsWith(digits, StringComparison.Ordinal)).ToList();
            int count = matching.Select(image => image.Info.Id).Distinct(StringComparer.Ordinal).Count();
            if (count == 1)
            {
                return new Found([.. matching.OrderBy(image => image.Info.Name is null).ThenBy(image => image.Info.Name, StringComparer.Ordinal)], IsById: true);
            }

            if (count > 1)
            {
                throw new EngineException(EngineErrorReason.Ambiguous, text, $"'{text}' is the beginning of {count} images' ids. Give more of it.");
            }
        }
        else if (isDigest)
        {
            throw new EngineException(EngineErrorReason.InvalidArgument, text, $"'{Layers.EntryName.Show(System.Text.Encoding.UTF8.GetBytes(text))}' is no beginning of an id: after sha256: come hexadecimal digits.");
        }

        throw new EngineException(
            EngineErrorReason.NotFound, text, $"There is no image '{(isDigest ? text : ImageName.Parse(text).ToString())}'. Get-ContainerImage lists those there are.");
    }

    /// <summary>
    /// The name that an image is sent under where no other is given: the one it is asked for by; of one asked for by its id the only one it has; of one
    /// asked for by its digest in a repository the only one that it has in that repository.
    /// </summary>
    /// <exception cref="EngineException">InvalidArgument where it has none or several; NotFound, Ambiguous.</exception>
    public static string NameToSend(IReadOnlyList<StoredImage> images, string text)
    {
        Found found = Find(images, text);
        string[] names = found.IsElsewhere ? [] : [.. found.Images.Select(image => image.Info.Name).OfType<string>()];
        return names.Length == 1 ? names[0] : throw new EngineException(
            EngineErrorReason.InvalidArgument,
            text,
            (names.Length > 0 ? $"The image '{text}' has several names ({string.Join(", ", names)}): send it by one of them"
                : found.IsElsewhere ? $"The image '{text}' has no name in that repository ({NamesOf(found)} is another)"
                : $"The image '{text}' has no name that says where to send it")
            + ", or say where to with -Destination HOST/PATH:TAG.");
    }

    /// <summary>The names of what was found, for messages.</summary>
    public static string NamesOf(Found found) => string.Join(", ", found.Images.Select(image => image.Info.Name ?? "none"));

    private static Found? FindName(IReadOnlyList<StoredImage> images, ImageName name) =>
        images.FirstOrDefault(image => image.Info.Name == name.Reference) is { } named ? new Found([named], IsById: false) : null;

    // The tag counts for nothing beside a digest, but where the image has that very name. An index's digest may mean images of several platforms: the first.
    private static Found? FindDigest(IReadOnlyList<StoredImage> images, ImageName name)
    {
        string origin = $"{name.Repository}@{name.Digest}";
        StoredImage[] named =
        [
            .. images.Where(image => (image.Info.Digest == name.Digest || image.Entry.Digest == name.Digest) && image.Info.Name is { } own
                    && own.StartsWith(name.Repository + ":", StringComparison.Ordinal))
                .OrderBy(image => image.Info.Name != name.Reference).ThenBy(image => image.Info.Name, StringComparer.Ordinal),
        ];
        if (named.Length > 0 && named[0].Info.Name == name.Reference)
        {
            return new Found([named[0]], IsById: true);
        }

        StoredImage[] received = [.. images.Where(image => image.Info.Origin == origin).OrderBy(image => image.Info.Name, StringComparer.Ordinal)];
        StoredImage[] own = [.. named, .. received.Where(image => image.Info.Name is null)];
        StoredImage[] found = own.Length > 0 ? own : received;
        return found.Length == 0 ? null : new Found([.. found.Where(image => image.Entry.Digest == found[0].Entry.Digest)], IsById: true) { IsElsewhere = own.Length == 0 };
    }
}
