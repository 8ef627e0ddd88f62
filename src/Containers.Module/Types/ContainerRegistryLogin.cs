namespace Containers;

/// <summary>A registry with the user whose credentials are kept for it.</summary>
public sealed class ContainerRegistryLogin
{
    /// <summary>The registry's host, with a port where it has one.</summary>
    public required string Registry { get; init; }

    /// <summary>The user's name; null where it is not known.</summary>
    public string? UserName { get; init; }

    /// <summary>The registry.</summary>
    /// <returns>The registry.</returns>
    public override string ToString() => Registry;
}
