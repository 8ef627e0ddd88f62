using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;

namespace Containers.Engine.Registry;

/// <summary>Speaks to one server of a registry: finds out its scheme, authenticates, and tries again where that may do. Thread-safe.</summary>
/// <param name="transport">Sends.</param>
/// <param name="endpoint">The server.</param>
/// <param name="authorizer">Answers its demands for authentication.</param>
/// <param name="retry">When a request is sent again.</param>
internal sealed class RegistryClient(RegistryTransport transport, RegistryEndpoint endpoint, RegistryAuthorizer authorizer, RetryPolicy retry)
{
    /// <summary>The server.</summary>
    public RegistryEndpoint Endpoint => endpoint;

    /// <summary>When a request is sent again.</summary>
    public RetryPolicy Retry => retry;

    /// <summary>Sends a request until it is answered with something else than a busy server's refusal.</summary>
    /// <param name="method">The method.</param>
    /// <param name="pathAndQuery">What follows the host.</param>
    /// <param name="scopes">What it is for, in the words of token authentication.</param>
    /// <param name="attempt">What is attempted, for messages.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="accept">The media types it takes.</param>
    /// <returns>The answer: success, or a status that is not of a passing nature.</returns>
    /// <exception cref="EngineException">No answer, no authentication, or busy for too long.</exception>
    public RegistryResponse Send(
        HttpMethod method, string pathAndQuery, IReadOnlyList<string> scopes, string attempt, CancellationToken cancellation, IReadOnlyList<string>? accept = null) =>
        retry.Run(() => SendOnce(() => new RegistryRequest(method, endpoint.At(pathAndQuery)) { Accept = accept ?? [] }, scopes, attempt, cancellation), cancellation);

    /// <summary>Sends a request once, or twice where the server wants authentication for it.</summary>
    /// <param name="make">Makes the request; without authorization.</param>
    /// <param name="scopes">What it is for.</param>
    /// <param name="attempt">What is attempted, for messages.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The answer: success, or a status that is not of a passing nature.</returns>
    /// <exception cref="RegistryConnectionException">No answer.</exception>
    /// <exception cref="RegistryBusyException">The server is busy.</exception>
    /// <exception cref="EngineException">No authentication.</exception>
    public RegistryResponse SendOnce(Func<RegistryRequest> make, IReadOnlyList<string> scopes, string attempt, CancellationToken cancellation)
    {
        AuthenticationHeaderValue? carried = authorizer.Current(scopes);
        for (int refusals = 0; ; refusals++)
        {
            RegistryResponse response = FindScheme(() => Authorize(make(), carried), cancellation);
            if (response.Status == HttpStatusCode.Unauthorized)
            {
                using (response)
                {
                    // Only this very server's demands are answered: where it redirected to, there is none.
                    AuthenticationHeaderValue? next = refusals < 2 && endpoint.Owns(response.Address)
                        ? authorizer.Answer(response.HeaderValues("WWW-Authenticate"), scopes, carried, cancellation)
                        : null;
                    carried = next ?? throw RegistryErrors.NotAuthorized(endpoint.Host, RegistryErrors.Said(response, cancellation), authorizer.Credential);
                    continue;
                }
            }

            if (RetryPolicy.IsBusy(response.Status))
            {
                using (response)
                {
                    throw RegistryErrors.Status(endpoint.Host, response, attempt, cancellation);
                }
            }

            return response;
        }
    }

    /// <summary>A failure of an answer's status, as something to throw outside of a retried attempt.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="attempt">What was attempted.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>The failure.</returns>
    public EngineException Failure(RegistryResponse response, string attempt, CancellationToken cancellation) =>
        RegistryErrors.Status(endpoint.Host, response, attempt, cancellation) switch
        {
            EngineException failure => failure,
            RegistryBusyException busy => busy.Failure,
            var other => throw other,
        };

    private RegistryRequest Authorize(RegistryRequest request, AuthenticationHeaderValue? value) =>
        endpoint.Owns(request.Address) ? request with { Authorization = value } : request;

    // TLS is tried first, always; plain HTTP only where it is allowed, and where the server does not speak TLS at all.
    private RegistryResponse FindScheme(Func<RegistryRequest> make, CancellationToken cancellation)
    {
        if (endpoint.IsSchemeKnown)
        {
            return transport.Send(make(), cancellation);
        }

        RegistryResponse response;
        try
        {
            response = transport.Send(make(), cancellation);
        }
        catch (RegistryConnectionException failure) when (endpoint.MayBePlain && failure.Fault is ConnectionFault.NotTls or ConnectionFault.Refused)
        {
            endpoint.SetScheme(Uri.UriSchemeHttp);
            try
            {
                return transport.Send(make(), cancellation);
            }
            catch (RegistryConnectionException)
            {
                endpoint.ForgetScheme();
                throw;
            }
        }

        endpoint.SetScheme(Uri.UriSchemeHttps);
        return response;
    }
}
