namespace Containers;

/// <summary>A file or folder of this machine shown inside a container.</summary>
public sealed record ContainerMount
{
    /// <summary>An absolute path on this machine.</summary>
    public required string Source { get; init; }

    /// <summary>An absolute path inside.</summary>
    public required string Target { get; init; }

    /// <summary>Whether it, and every mount below it, is read-only inside.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>The form that <c>-Volume</c> takes: <c>/host:/inside:ro</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Source}:{Target}{(ReadOnly ? ":ro" : "")}";
}
