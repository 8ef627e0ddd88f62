namespace Containers.Engine.Images;

/// <summary>What a text that names an image means.</summary>
internal static class ImageQuery
{
    /// <summary>What was found.</summary>
    /// <param name="Images">The entries: one for a name; for an id, one for each name the image has.</param>
    /// <param name="IsById">Whether the text was an id or the beginning of one.</param>
    public readonly record struct Found(IReadOnlyList<StoredImage> Images, bool IsById);

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
            && images.FirstOrDefault(image => IsNamed(image, name!)) is { } named)
        {
            return new Found([named], IsById: false);
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

    private static bool IsNamed(StoredImage image, ImageName name)
    {
        if (name.Digest is null)
        {
            return image.Info.Name == name.Reference;
        }

        if (name.Tag is null && image.Info.Origin == $"{name.Repository}@{name.Digest}")
        {
            return true;
        }

        return (image.Info.Digest == name.Digest || image.Entry.Digest == name.Digest) && image.Info.Name is { } own
            && (name.Tag is null ? own.StartsWith(name.Repository + ":", StringComparison.Ordinal) : own == name.Reference);
    }
}
