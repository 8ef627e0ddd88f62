namespace Containers.Engine.Events;

/// <summary>Something that happened to a container or an image.</summary>
public sealed record ContainerEvent
{
    /// <summary>The <see cref="Type"/> of what happens to containers.</summary>
    public const string ContainerType = "container";

    /// <summary>The <see cref="Type"/> of what happens to images.</summary>
    public const string ImageType = "image";

    /// <summary>When it happened.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What it happened to: <c>container</c> or <c>image</c>.</summary>
    public required string Type { get; init; }

    /// <summary>What happened, one of <see cref="EventAction"/>.</summary>
    public required string Action { get; init; }

    /// <summary>The container's or the image's id.</summary>
    public required string Id { get; init; }

    /// <summary>The container's or the image's name; null for an image without one.</summary>
    public string? Name { get; init; }

    /// <summary>The name of the container's image, or the image's own; null where a folder is the container's root file system.</summary>
    public string? Image { get; init; }

    /// <summary>The container's labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>What is particular about it: <c>exitCode</c>, <c>signal</c>, <c>reason</c>, ...</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();
}

/// <summary>Which events are read.</summary>
public sealed record EventQuery
{
    /// <summary>From when on. Without it and without <see cref="Until"/>, only what happens from now on; with that alone, all that is kept.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Until when; null for ever.</summary>
    public DateTimeOffset? Until { get; init; }
}
