namespace Containers.Engine.Images;

/// <summary>How an image is made of files.</summary>
public sealed record ImageMakingOptions
{
    /// <summary>What its configuration says.</summary>
    public ImageChanges Changes { get; init; } = new();

    /// <summary>
    /// The time that the image gets (SOURCE_DATE_EPOCH), and the latest that files of a folder keep: the same files make the same digests then, whenever the image is made.
    /// Null: now, and times as they are.
    /// </summary>
    public DateTimeOffset? SourceDate { get; init; }

    /// <summary>What made it, for the image's history.</summary>
    public string CreatedBy { get; init; } = "New-ContainerImage";

    /// <summary>Files and folders of a folder that are left out: paths relative to it.</summary>
    public IReadOnlyList<string> Excluded { get; init; } = [];
}
