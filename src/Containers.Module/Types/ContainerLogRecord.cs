namespace Containers;

/// <summary>One piece of a container's output, usually a line.</summary>
public sealed class ContainerLogRecord
{
    /// <summary>When the monitor read it.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>Where it came from.</summary>
    public ContainerLogStream Stream { get; init; }

    /// <summary>The text, without the newline that ended it.</summary>
    public required string Text { get; init; }

    /// <summary>Whether no newline ended it: a piece of a long line, or the last words of a container.</summary>
    public bool IsPartial { get; init; }

    /// <summary>The id of the container that wrote it.</summary>
    public required string ContainerId { get; init; }

    /// <summary>The name of the container that wrote it.</summary>
    public required string ContainerName { get; init; }

    /// <summary>The text.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => Text;
}
