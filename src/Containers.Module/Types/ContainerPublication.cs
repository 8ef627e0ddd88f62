namespace Containers;

/// <summary>An image as a registry has it now (<c>Publish-ContainerImage</c>).</summary>
public sealed class ContainerPublication
{
    /// <summary>The name that it has there.</summary>
    public required string Name { get; init; }

    /// <summary>The digest that it has there, of its manifest.</summary>
    public required string Digest { get; init; }

    /// <summary>The name with the digest, which means this very image for ever.</summary>
    /// <returns>The name with the digest.</returns>
    public override string ToString() => $"{Name}@{Digest}";
}
