namespace Containers.Engine.Images.Archives;

/// <summary>What is asked of an import.</summary>
public sealed record ImageImportOptions
{
    /// <summary>The image's name, in place of those the archive gives; a tag may follow a colon. Only for an archive of one image.</summary>
    public string? Name { get; init; }

    /// <summary>What the archive itself is called: the name of an image that has no other, and what a bare tag is a tag of.</summary>
    public string? DefaultName { get; init; }

    /// <summary>The platform to choose from images for several, as <c>linux/arm64</c>; null for this machine's.</summary>
    public ImagePlatform? Platform { get; init; }

    /// <summary>What containers run by default, for the archive of a root file system, which does not say; null for nothing. An image says it itself.</summary>
    public ImageChanges? Configuration { get; init; }
}
