namespace Containers;

/// <summary>An image that is mounted on this machine for looking, read-only.</summary>
public sealed class ContainerImageMount
{
    /// <summary>What the mount is called: 12 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>The name by which the image was mounted, or its id.</summary>
    public required string Image { get; init; }

    /// <summary>The image's id.</summary>
    public required string ImageId { get; init; }

    /// <summary>Where its files are.</summary>
    public required string Path { get; init; }

    /// <summary>The path.</summary>
    /// <returns>The path.</returns>
    public override string ToString() => Path;
}
