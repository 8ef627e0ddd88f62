namespace Containers.Engine.Images;

/// <summary>An image of the store.</summary>
public sealed record ImageInfo
{
    /// <summary>The digest of its configuration: <c>sha256:...</c>; for the built-in image its name.</summary>
    public required string Id { get; init; }

    /// <summary>Its name with tag, as <c>debian:latest</c>; null where it has lost it.</summary>
    public string? Name { get; init; }

    /// <summary>The digest that its name stood for in the registry it came from, else that of its manifest.</summary>
    public string? Digest { get; init; }

    /// <summary>The repository that it came from and the digest it has there, as <c>debian@sha256:...</c>; null where it came from none.</summary>
    public string? Origin { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Bytes of its unpacked files.</summary>
    public long Size { get; init; }

    /// <summary>The chain ids of its layers, lowest first.</summary>
    public IReadOnlyList<string> Layers { get; init; } = [];

    /// <summary>amd64, arm64 ... as OCI names them.</summary>
    public string? Architecture { get; init; }

    /// <summary>The processor's variant, as <c>v7</c>; null where there is none.</summary>
    public string? Variant { get; init; }

    /// <summary>linux, as OCI names it.</summary>
    public string? OperatingSystem { get; init; }

    /// <summary>Who made it, as it says itself.</summary>
    public string? Author { get; init; }

    /// <summary>Whether it is built in (<c>host</c>).</summary>
    public bool IsBuiltIn { get; init; }

    /// <summary>What containers of it run by default.</summary>
    public ImageConfiguration Configuration { get; init; } = new();

    /// <summary>What is wrong with its configuration, so that no container can be made of it; null where nothing is known to be.</summary>
    internal string? Fault { get; init; }
}
