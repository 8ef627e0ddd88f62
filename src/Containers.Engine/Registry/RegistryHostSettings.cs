namespace Containers.Engine.Registry;

/// <summary>What is said of one registry.</summary>
public sealed record RegistryHostSettings
{
    /// <summary>Registries asked before it, in this order, by host or address: mirror.example.org:5000, https://mirror.example.org. Only for pulls.</summary>
    public IReadOnlyList<string> Mirrors { get; init; } = [];

    /// <summary>Whether its certificate is not checked, and whether it may be spoken to without TLS.</summary>
    public bool IsInsecure { get; init; }

    /// <summary>A file of PEM certificates, or a folder of such files (*.crt, *.pem), of authorities trusted for this host beside the system's; null for none.</summary>
    public string? CertificateAuthority { get; init; }
}
