namespace Containers;

/// <summary>How one registry is reached.</summary>
public sealed class ContainerRegistryConfiguration
{
    /// <summary>Its host, with a port after a colon where it has one.</summary>
    public required string Registry { get; set; }

    /// <summary>Registries asked first, in this order, when something is received: <c>https://HOST[:PORT]</c>.</summary>
    public string[] Mirror { get; set; } = [];

    /// <summary>Whether plain HTTP and certificates that nobody vouches for are accepted.</summary>
    public bool Insecure { get; set; }

    /// <summary>The absolute path of a file, or of a folder of files, of certificates (PEM) that are trusted for it; null for none.</summary>
    public string? CertificateAuthority { get; set; }

    /// <summary>The host with what is said of it.</summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        List<string> parts = [.. Mirror.Select(static mirror => $"mirror {mirror}")];
        if (Insecure)
        {
            parts.Add("insecure");
        }

        if (CertificateAuthority is not null)
        {
            parts.Add($"authority {CertificateAuthority}");
        }

        return parts.Count == 0 ? Registry : $"{Registry} ({string.Join(", ", parts)})";
    }
}
