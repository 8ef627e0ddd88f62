using System.Net.Http;
using System.Net.Security;

namespace Containers.Engine.Registry;

/// <summary>The connections to one server: a registry, a token server, or where a registry keeps its blobs.</summary>
internal sealed class RegistryServer : IDisposable
{
    private readonly RegistryTrust trust;
    private volatile bool hasAnswered;

    /// <summary>Prepares connections; none is made yet.</summary>
    /// <param name="address">Any address there.</param>
    /// <param name="settings">The settings.</param>
    public RegistryServer(Uri address, RegistrySettings settings)
    {
        Authority = address.Authority;
        Host = RegistryAddress.Canonical(address.Authority);
        trust = RegistryTrust.Of(Host, settings);
        Invoker = new HttpMessageInvoker(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                AutomaticDecompression = System.Net.DecompressionMethods.None,
                ConnectTimeout = settings.ConnectTimeout,
                PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),

                // A proxy could not reach this machine's own registries.
                UseProxy = !RegistryAddress.IsLoopback(address),
                SslOptions = new SslClientAuthenticationOptions
                {
                    RemoteCertificateValidationCallback = (_, certificate, chain, errors) => trust.Accepts(certificate, chain, errors),
                },
            },
            disposeHandler: true);
    }

    /// <summary>Host and port.</summary>
    public string Authority { get; }

    /// <summary>The host as settings and credentials have it.</summary>
    public string Host { get; }

    /// <summary>Sends requests.</summary>
    public HttpMessageInvoker Invoker { get; }

    /// <summary>Why its certificate is not trusted, where it was the last thing seen of it.</summary>
    public string? TrustProblem => hasAnswered ? null : trust.Problem;

    /// <summary>Whether it has ever answered: then its refusing a connection is a passing state.</summary>
    public bool HasAnswered => hasAnswered;

    /// <summary>Keeps that it has answered.</summary>
    public void SetAnswered() => hasAnswered = true;

    /// <inheritdoc/>
    public void Dispose() => Invoker.Dispose();
}
