namespace Containers;

/// <summary>What a check of an image found.</summary>
public sealed class ContainerImageCheck
{
    /// <summary>The image's name, or id.</summary>
    public required string Image { get; init; }

    /// <summary>The image's id.</summary>
    public required string Id { get; init; }

    /// <summary>Whether nothing is wrong.</summary>
    public bool IsSound => Problem.Count == 0;

    /// <summary>What is wrong, each with the digest of the thing; nothing for a sound image.</summary>
    public IReadOnlyList<string> Problem { get; init; } = [];

    /// <summary>The number of blobs looked at.</summary>
    public int Blobs { get; init; }

    /// <summary>Bytes read and hashed.</summary>
    public long Size { get; init; }
}
