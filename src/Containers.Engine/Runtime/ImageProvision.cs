using Containers.Engine.Configuration;
using Containers.Engine.Images;
using Containers.Engine.Registry;

namespace Containers.Engine.Runtime;

/// <summary>Says whether a container's image must be received first.</summary>
/// <param name="images">The image store.</param>
internal sealed class ImageProvision(ImageStore images)
{
    /// <summary>Whether an image must be received.</summary>
    /// <param name="name">What the container's image is called: a name, an id or the beginning of one.</param>
    /// <param name="policy">When images are received.</param>
    /// <param name="platform">The platform that it must be for; null for any.</param>
    /// <returns>False where the store has what is asked for.</returns>
    /// <exception cref="EngineException">NotFound where it is not there and must not be received, or cannot be as it is no name; Ambiguous, InvalidArgument.</exception>
    public bool IsNeeded(string name, ImagePullPolicy policy, ImagePlatform? platform)
    {
        if (ImageQuery.IsHost(name))
        {
            return false;
        }

        bool isName = ImageName.TryParse(name, out ImageName? asked, out _);
        ImageInfo? there = Find(name, mayBeMissing: policy != ImagePullPolicy.Never && isName);
        if (there is null)
        {
            return true;
        }

        // What is found by its id, or the beginning of it, may look like a name.
        bool isNamed = isName && (asked!.Digest is not null || asked.Reference == there.Name);
        if (platform is null || Fits(there, platform))
        {
            // An id, or a name with a digest, means the same for ever.
            return policy == ImagePullPolicy.Always && isNamed && asked!.Digest is null;
        }

        return policy != ImagePullPolicy.Never && isNamed ? true : throw new EngineException(
            EngineErrorReason.NotFound, name,
            $"The image '{there.Name ?? there.Id}' is there for {PlatformOf(there)}, not for {platform}.{(there.Name is null ? string.Empty : $" Receive-ContainerImage {there.Name} -Platform {platform} gets it.")}");
    }

    // As images are received: an older variant does too, and one that says nothing of its platform is taken at its word.
    private static bool Fits(ImageInfo image, ImagePlatform platform) =>
        string.IsNullOrEmpty(image.Architecture) || platform.Distance(PlatformOf(image)) is not null;

    private static ImagePlatform PlatformOf(ImageInfo image) =>
        ImagePlatform.Make(image.OperatingSystem is { Length: > 0 } system ? system : "linux", image.Architecture ?? string.Empty, image.Variant);

    private ImageInfo? Find(string name, bool mayBeMissing)
    {
        try
        {
            return images.Get(name);
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.NotFound && mayBeMissing && !name.StartsWith(Digest.Prefix, StringComparison.Ordinal))
        {
            return null;
        }
    }
}
