namespace Containers;

/// <summary>One step of how an image came to be.</summary>
public sealed class ContainerImageHistory
{
    /// <summary>The image's name, or id.</summary>
    public required string Image { get; init; }

    /// <summary>When; null where the image does not tell.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>The command that made it; null where the image does not tell.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>Who made it; null where the image does not tell.</summary>
    public string? Author { get; init; }

    /// <summary>A remark; null where there is none.</summary>
    public string? Comment { get; init; }

    /// <summary>The chain id of the layer that it made; null where it only changed the configuration.</summary>
    public string? Layer { get; init; }

    /// <summary>Bytes of the layer's files; 0 without a layer.</summary>
    public long Size { get; init; }
}
