namespace Containers.Engine.Registry;

/// <summary>One server that is spoken to for a registry: itself, or a mirror of it.</summary>
internal sealed class RegistryEndpoint
{
    private volatile string? scheme;

    private RegistryEndpoint(string host, string authority, string? scheme, bool mayBePlain, bool isMirror)
    {
        Host = host;
        Authority = authority;
        this.scheme = scheme;
        MayBePlain = mayBePlain;
        IsMirror = isMirror;
    }

    /// <summary>The host as the user knows it; credentials are kept under it.</summary>
    public string Host { get; }

    /// <summary>The host and port that are connected to.</summary>
    public string Authority { get; }

    /// <summary>Whether it may be spoken to without TLS.</summary>
    public bool MayBePlain { get; }

    /// <summary>Whether it is a mirror.</summary>
    public bool IsMirror { get; }

    /// <summary>Whether it is known by now whether it speaks TLS.</summary>
    public bool IsSchemeKnown => scheme is not null;

    /// <summary>The scheme it is spoken to with; https as long as nothing else is known.</summary>
    public string Scheme => scheme ?? Uri.UriSchemeHttps;

    /// <summary>The server of a registry.</summary>
    public static RegistryEndpoint Origin(string host, RegistrySettings settings)
    {
        string canonical = RegistryAddress.Check(host), authority = RegistryAddress.Authority(canonical);
        return new RegistryEndpoint(canonical, authority, null, MayBePlainHttp(authority, canonical, settings), isMirror: false);
    }

    /// <summary>The mirrors of a registry, in order, and then itself.</summary>
    public static IReadOnlyList<RegistryEndpoint> WithMirrors(string host, RegistrySettings settings) =>
    [
        .. settings.Hosts.GetValueOrDefault(RegistryAddress.Canonical(host))?.Mirrors.Select(mirror => Mirror(mirror, host, settings)) ?? [],
        Origin(host, settings),
    ];

    /// <summary>An address of the server.</summary>
    /// <param name="pathAndQuery">What follows the host, a slash first.</param>
    /// <returns>The address.</returns>
    public Uri At(string pathAndQuery) => new($"{Scheme}://{Authority}{pathAndQuery}");

    /// <summary>Whether an address is this server's.</summary>
    public bool Owns(Uri address) => address.Scheme == Scheme && address.Authority == At("/").Authority;

    /// <summary>Keeps what the first contact showed.</summary>
    public void SetScheme(string known) => scheme = known;

    /// <summary>Forgets it: the next contact asks anew.</summary>
    public void ForgetScheme() => scheme = null;

    private static RegistryEndpoint Mirror(string mirror, string host, RegistrySettings settings)
    {
        string? given = null;
        string authority = mirror.TrimEnd('/');
        int separator = authority.IndexOf("://", StringComparison.Ordinal);
        if (separator > 0)
        {
            given = authority[..separator];
            authority = authority[(separator + 3)..];
        }

        if (given is not (null or "http" or "https"))
        {
            throw Wrong(mirror, host);
        }

        try
        {
            string canonical = RegistryAddress.Check(authority);
            authority = RegistryAddress.Authority(canonical);
            return new RegistryEndpoint(canonical, authority, given, given == "http" || MayBePlainHttp(authority, canonical, settings), isMirror: true);
        }
        catch (EngineException)
        {
            throw Wrong(mirror, host);
        }
    }

    private static bool MayBePlainHttp(string authority, string host, RegistrySettings settings) =>
        RegistryAddress.IsLoopback(authority) || settings.Hosts.GetValueOrDefault(host) is { IsInsecure: true };

    private static EngineException Wrong(string mirror, string host) => new(
        EngineErrorReason.InvalidConfiguration,
        host,
        $"The mirror '{RegistryText.Show(mirror)}' of {host} in the configuration's registries is no address. Write HOST[:PORT], https://HOST[:PORT] or http://HOST[:PORT], without a path.");
}
