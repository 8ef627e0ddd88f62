using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Containers.Engine.Registry;

/// <summary>Which certificates of one server are trusted: those the system trusts, and those of authorities named for its host.</summary>
internal sealed class RegistryTrust
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const int MostFiles = 100;
    private readonly X509Certificate2Collection authorities;
    private readonly bool isInsecure;
    private volatile string? problem;

    private RegistryTrust(X509Certificate2Collection authorities, bool isInsecure)
    {
        this.authorities = authorities;
        this.isInsecure = isInsecure;
    }

    /// <summary>Why the last certificate was refused; null where none was.</summary>
    public string? Problem => problem;

    /// <summary>Reads what is to be trusted.</summary>
    /// <param name="host">The host.</param>
    /// <param name="settings">The settings.</param>
    /// <returns>The trust.</returns>
    /// <exception cref="EngineException">InvalidConfiguration for a certificate file that cannot be read.</exception>
    public static RegistryTrust Of(string host, RegistrySettings settings)
    {
        // The port that https means is left out of addresses, but may be written in names.
        string[] names = host.AsSpan(host.LastIndexOf(']') + 1).Contains(':') ? [host] : [host, host + ":443"];
        RegistryHostSettings? own = names.Select(name => settings.Hosts.GetValueOrDefault(name)).FirstOrDefault(found => found is not null);
        var named = new X509Certificate2Collection();
        if (own?.CertificateAuthority is { } path)
        {
            if (!Directory.Exists(path) && !File.Exists(path))
            {
                throw new EngineException(
                    EngineErrorReason.InvalidConfiguration, host, $"The certificate authority of {host} in the configuration, '{RegistryText.Show(path)}', is not there. Name a PEM file, or a folder of such files.");
            }

            Read(path, host, named);
        }

        if (RegistryAddress.IsHost(host) && settings.CertificateFolders.SelectMany(folder => names.Select(name => Path.Combine(folder, name))).FirstOrDefault(Directory.Exists) is { } found)
        {
            Read(found, host, named);
        }

        return new RegistryTrust(named, own?.IsInsecure ?? false);
    }

    /// <summary>Judges a server's certificate.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="chain">What was built of it with the system's authorities.</param>
    /// <param name="errors">What is wrong with that.</param>
    /// <returns>Whether to go on.</returns>
    public bool Accepts(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None || isInsecure)
        {
            return true;
        }

        if (errors == SslPolicyErrors.RemoteCertificateChainErrors && authorities.Count > 0 && certificate is X509Certificate2 leaf && ChainsToOurs(leaf, chain))
        {
            return true;
        }

        problem = errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) ? "it showed none"
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? "it is for another host"
            : chain?.ChainStatus.Any(status => status.Status.HasFlag(X509ChainStatusFlags.NotTimeValid)) == true ? "it has expired, or is not valid yet"
            : "it comes from no authority that this machine knows";
        return false;
    }

    private bool ChainsToOurs(X509Certificate2 leaf, X509Chain? theirs)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.ExtraStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        foreach (X509ChainElement element in theirs?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain.Build(leaf);
    }

    private static void Read(string path, string host, X509Certificate2Collection into)
    {
        string file = path;
        try
        {
            string[] files = File.Exists(path)
                ? [path]
                : [.. Directory.EnumerateFiles(path).Where(name => Path.GetExtension(name) is ".crt" or ".pem").Order(StringComparer.Ordinal).Take(MostFiles)];
            foreach (string one in files)
            {
                file = one;
                into.ImportFromPemFile(one);
            }
        }
        catch (Exception failure) when (failure is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new EngineException(
                EngineErrorReason.InvalidConfiguration, host, $"The certificates of {host} in '{RegistryText.Show(file)}' cannot be read: {RegistryText.Show(failure.Message)} A file of PEM certificates is needed.", failure);
        }
    }
}
