using System.Collections.Concurrent;
using System.Net;
using System.Net.Http;

namespace Containers.Engine.Registry;

/// <summary>
/// Sends requests, each once, and follows redirects. Credentials stay with the server they were meant for: none goes along to another host,
/// port or scheme. Thread-safe.
/// </summary>
/// <param name="settings">The settings.</param>
internal sealed class RegistryTransport(RegistrySettings settings) : IDisposable
{
    private const int MostRedirects = 5;
    private readonly ConcurrentDictionary<string, Lazy<RegistryServer>> servers = new(StringComparer.Ordinal);

    /// <summary>Sends.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The answer, its body yet to be read.</returns>
    /// <exception cref="RegistryConnectionException">No answer came.</exception>
    /// <exception cref="EngineException">A redirect that is not followed.</exception>
    public RegistryResponse Send(RegistryRequest request, CancellationToken cancellation)
    {
        for (int redirects = 0; ; redirects++)
        {
            RegistryResponse response = SendOnce(request, cancellation);
            if (!request.FollowsRedirects || response.Status is not
                (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect))
            {
                return response;
            }

            using (response)
            {
                Uri next = response.Location ?? throw Refused(request.Address, "redirects to nowhere");
                CheckRedirect(request.Address, next, redirects);
                bool isSameServer = next.Scheme == request.Address.Scheme && next.Authority == request.Address.Authority;
                request = request with { Address = next, Authorization = isSameServer ? request.Authorization : null };
            }
        }
    }

    /// <summary>The server of an address.</summary>
    public RegistryServer ServerOf(Uri address) =>
        servers.GetOrAdd(address.GetLeftPart(UriPartial.Authority), _ => new Lazy<RegistryServer>(() => new RegistryServer(address, settings))).Value;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Lazy<RegistryServer> server in servers.Values)
        {
            if (server.IsValueCreated)
            {
                server.Value.Dispose();
            }
        }
    }

    private RegistryResponse SendOnce(RegistryRequest request, CancellationToken cancellation)
    {
        RegistryServer server = ServerOf(request.Address);
        using var watch = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        TimeSpan patience = request.Patience ?? settings.StallTimeout;
        watch.CancelAfter(patience);
        using HttpRequestMessage message = request.ToMessage(() => watch.CancelAfter(patience));
        HttpResponseMessage answer;
        try
        {
            answer = server.Invoker.SendAsync(message, watch.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException failure)
        {
            cancellation.ThrowIfCancellationRequested();
            throw failure.InnerException is TimeoutException && !watch.IsCancellationRequested
                ? ConnectionErrors.Stalled(server, settings.ConnectTimeout, "no answer to the attempt to connect")
                : ConnectionErrors.Stalled(server, patience, "no answer");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw ConnectionErrors.From(failure, server);
        }

        server.SetAnswered();
        return new RegistryResponse(answer, request.Address, server, settings);
    }

    private static void CheckRedirect(Uri from, Uri to, int redirects)
    {
        if (redirects == MostRedirects)
        {
            throw Refused(from, $"redirects more than {MostRedirects} times");
        }

        bool isPlain = to.Scheme == Uri.UriSchemeHttp;
        if ((!isPlain && to.Scheme != Uri.UriSchemeHttps) || (isPlain && from.Scheme == Uri.UriSchemeHttps))
        {
            throw Refused(from, $"redirects to {RegistryText.Show(to)}, which is not protected by TLS");
        }

        // A registry elsewhere has no business with what listens on this machine alone.
        if (RegistryAddress.IsThisMachine(to) && !RegistryAddress.IsLoopback(from))
        {
            throw Refused(from, $"redirects to {RegistryText.Show(to)}, which is this machine");
        }
    }

    private static EngineException Refused(Uri from, string what) => new(
        EngineErrorReason.InvalidData, RegistryAddress.Canonical(from.Authority), $"The registry {what} (from {RegistryText.Show(from)}). The redirect was not followed.");
}
