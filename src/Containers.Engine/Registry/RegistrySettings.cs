namespace Containers.Engine.Registry;

/// <summary>How registries are reached.</summary>
public sealed record RegistrySettings
{
    /// <summary>What is said of single registries, by their host (with the port, where one is written in image names): docker.io, registry.example.org:5000.</summary>
    public IReadOnlyDictionary<string, RegistryHostSettings> Hosts { get; init; } = new Dictionary<string, RegistryHostSettings>(StringComparer.Ordinal);

    /// <summary>Folders that hold a folder for each host with the certificates (*.crt) of authorities that this host is trusted by; the first that has one counts.</summary>
    public IReadOnlyList<string> CertificateFolders { get; init; } = ["/etc/pscontainers/certs.d", "/etc/containers/certs.d", "/etc/docker/certs.d"];

    /// <summary>How long making one connection may take, TLS included.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long an answer may be awaited, and within which time something of a body must arrive or leave.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a registry may take to put a blob in place once it has all of it; for large ones some copy it first.</summary>
    public TimeSpan CommitTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long the whole of a document (manifest, token, list of tags) may take.</summary>
    public TimeSpan DocumentTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often a request is sent at most where the connection breaks or the registry is busy, 1 or more.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>The wait before the second attempt; it doubles with each.</summary>
    public TimeSpan FirstRetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait before an attempt. A registry that asks for a longer one (Retry-After) is reported instead.</summary>
    public TimeSpan LongestRetryDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How many layers are sent at once, 1 or more.</summary>
    public int ParallelUploads { get; init; } = 3;

    /// <summary>The largest blob that is sent in one request, and the size of the pieces of larger ones, in bytes.</summary>
    public long UploadPiece { get; init; } = 16L << 20;
}
