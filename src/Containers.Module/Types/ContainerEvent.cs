namespace Containers;

/// <summary>Something that happened to a container or an image.</summary>
public sealed class ContainerEvent
{
    /// <summary>When it happened.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>What it happened to: <c>container</c> or <c>image</c>.</summary>
    public required string Type { get; init; }

    /// <summary>What happened: <c>start</c>, <c>die</c>, <c>pull</c>, ...</summary>
    public required string Action { get; init; }

    /// <summary>The container's or the image's id.</summary>
    public required string Id { get; init; }

    /// <summary>The container's or the image's name; null for an image without one.</summary>
    public string? Name { get; init; }

    /// <summary>The name of the container's image, or the image's own; null where a folder is the container's root file system.</summary>
    public string? Image { get; init; }

    /// <summary>The exit code of a container that died; null for other events, and where it is not known.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The container's labels.</summary>
    public IReadOnlyDictionary<string, string> Label { get; init; } = new Dictionary<string, string>();

    /// <summary>What is particular about it: <c>exitCode</c>, <c>signal</c>, <c>reason</c>, ...</summary>
    public IReadOnlyDictionary<string, string> Attribute { get; init; } = new Dictionary<string, string>();

    /// <summary>What happened to what.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Type} {Action} {Name ?? Id}";
}
