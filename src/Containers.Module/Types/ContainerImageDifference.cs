namespace Containers;

/// <summary>A file that two images, or a container and its image, do not have in common.</summary>
public sealed class ContainerImageDifference
{
    /// <summary>Its path inside, with a leading slash; what a terminal would act on is escaped as <c>\xNN</c>.</summary>
    public required string Path { get; init; }

    /// <summary>The bytes of its path, without a leading slash.</summary>
    public byte[] RawPath { get; init; } = [];

    /// <summary>What became of it.</summary>
    public ContainerFileChange Change { get; init; }

    /// <summary>Of a changed one, what is not the same.</summary>
    public ContainerFileAspects Aspect { get; init; }

    /// <summary>What kind of file it is in the second image, or was in the first where the second has it no more.</summary>
    public ContainerFileType Type { get; init; }

    /// <summary>What kind of file it is in the first image; null where that has it not.</summary>
    public ContainerFileType? TypeBefore { get; init; }

    /// <summary>Bytes of content in the second image; 0 for what is no regular file, or is not there.</summary>
    public long Size { get; init; }

    /// <summary>Bytes of content in the first image.</summary>
    public long SizeBefore { get; init; }

    /// <summary>The first image, as it was asked for.</summary>
    public string? ReferenceImage { get; init; }

    /// <summary>The second image, as it was asked for; or the container.</summary>
    public string? DifferenceImage { get; init; }

    /// <summary>What became of it, and its path.</summary>
    /// <returns>As <c>Added /etc/motd</c>.</returns>
    public override string ToString() => $"{Change} {Path}";
}
