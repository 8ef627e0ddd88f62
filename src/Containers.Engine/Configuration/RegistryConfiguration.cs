namespace Containers.Engine.Configuration;

/// <summary>How one registry is reached.</summary>
public sealed record RegistryConfiguration
{
    /// <summary>Registries asked first, in this order, when something is fetched: <c>https://HOST[:PORT]</c>; <c>http</c> only where <see cref="Insecure"/>.</summary>
    public IReadOnlyList<string> Mirrors { get; init; } = [];

    /// <summary>Whether plain HTTP and certificates that nobody vouches for are accepted.</summary>
    public bool Insecure { get; init; }

    /// <summary>The absolute path of a PEM file whose certificates are trusted for this registry, besides the machine's; null for none.</summary>
    public string? CertificateAuthority { get; init; }
}
