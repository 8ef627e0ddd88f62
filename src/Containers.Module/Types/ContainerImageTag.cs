namespace Containers;

/// <summary>A tag of a repository in a registry (<c>Find-ContainerImage</c>).</summary>
public sealed class ContainerImageTag
{
    /// <summary>The repository as it was asked for.</summary>
    public required string Repository { get; init; }

    /// <summary>The tag.</summary>
    public required string Tag { get; init; }

    /// <summary>Repository and tag: the name of the image.</summary>
    public string Name => $"{Repository}:{Tag}";

    /// <summary>Repository and tag.</summary>
    /// <returns>Repository and tag.</returns>
    public override string ToString() => Name;
}
