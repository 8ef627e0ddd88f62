using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using Containers.Engine.Images;

namespace Containers.Engine.Registry;

/// <summary>Fetches tokens from the servers that registries name for that, as Docker's token authentication has it.</summary>
/// <param name="transport">Sends.</param>
/// <param name="retry">How often.</param>
internal sealed class RegistryTokens(RegistryTransport transport, RetryPolicy retry)
{
    private const int LargestAnswer = 1 << 20, LongestToken = 64 * 1024, LongestScope = 1024;

    // What a token that says nothing is good for, and what is subtracted for the way.
    private const int DefaultSeconds = 60, MarginSeconds = 10;

    /// <summary>Fetches a token.</summary>
    /// <param name="endpoint">The registry that asks for it.</param>
    /// <param name="demand">How it asks.</param>
    /// <param name="scopes">What the token is to be for.</param>
    /// <param name="credential">The registry's credentials; null for an anonymous token.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The token.</returns>
    /// <exception cref="EngineException">AuthenticationFailed, ConnectionFailed ...</exception>
    public RegistryToken Fetch(
        RegistryEndpoint endpoint, AuthenticationChallenge demand, IReadOnlyList<string> scopes, RegistryCredential? credential, CancellationToken cancellation)
    {
        Uri realm = CheckRealm(endpoint, demand["realm"]);
        IEnumerable<string> wanted = demand["scope"] is { Length: > 0 and <= LongestScope } asked ? scopes.Append(asked) : scopes;
        var fields = new List<KeyValuePair<string, string>>();
        if (demand["service"] is { Length: > 0 } service)
        {
            fields.Add(new("service", service));
        }

        string[] all = [.. wanted.Distinct(StringComparer.Ordinal)];
        RegistryRequest request;
        if (credential is { IsIdentityToken: true })
        {
            fields.Add(new("grant_type", "refresh_token"));
            fields.Add(new("client_id", "containers"));
            fields.Add(new("refresh_token", credential.Secret));
            if (all.Length > 0)
            {
                fields.Add(new("scope", string.Join(' ', all)));
            }

            request = new RegistryRequest(HttpMethod.Post, realm) { Body = _ => new FormUrlEncodedContent(fields) };
        }
        else
        {
            fields.AddRange(all.Select(scope => new KeyValuePair<string, string>("scope", scope)));
            request = new RegistryRequest(HttpMethod.Get, WithQuery(realm, fields)) { Authorization = credential is null ? null : RegistryAuthorizer.Basic(credential) };
        }

        byte[] answer = retry.Run(
            () =>
            {
                using RegistryResponse response = transport.Send(request, cancellation);
                return response.IsSuccess
                    ? response.ReadDocument(LargestAnswer, "token", cancellation)
                    : throw Refused(endpoint, realm, response, credential, cancellation);
            },
            cancellation);
        return Read(endpoint, answer);
    }

    // Credentials go where the registry says; so it may say only what is as well protected as the registry itself.
    private static Uri CheckRealm(RegistryEndpoint endpoint, string? realm)
    {
        if (!Uri.TryCreate(realm, UriKind.Absolute, out Uri? address) || address.Scheme is not ("https" or "http") || address.UserInfo.Length > 0)
        {
            throw new EngineException(
                EngineErrorReason.AuthenticationFailed, endpoint.Host, $"{endpoint.Host} asks for a token but names no server that gives it ('{RegistryText.Show(realm ?? string.Empty)}').");
        }

        if (RegistryAddress.IsThisMachine(address) && !RegistryAddress.IsLoopback(endpoint.Authority))
        {
            throw new EngineException(
                EngineErrorReason.AuthenticationFailed, endpoint.Host, $"{endpoint.Host} asks for a token of {RegistryText.Show(address)}, which is this machine. Nothing was sent there.");
        }

        bool isSafe = address.Scheme == "https" || (RegistryAddress.IsLoopback(address) && RegistryAddress.IsLoopback(endpoint.Authority)) || endpoint.Owns(address);
        return isSafe ? address : throw new EngineException(
            EngineErrorReason.AuthenticationFailed,
            endpoint.Host,
            $"{endpoint.Host} asks for a token of {RegistryText.Show(address)}, which is not protected by TLS. No credentials were sent there.");
    }

    private static Uri WithQuery(Uri realm, List<KeyValuePair<string, string>> fields)
    {
        var query = new StringBuilder(realm.Query.TrimStart('?'));
        foreach ((string name, string value) in fields)
        {
            query.Append(query.Length > 0 ? "&" : string.Empty).Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }

        return new UriBuilder(realm) { Query = query.ToString(), Fragment = string.Empty }.Uri;
    }

    private static RegistryToken Read(RegistryEndpoint endpoint, byte[] answer)
    {
        TokenDocument? document = OciDocument.TryParse(answer, RegistryJson.Default.TokenDocument, out _);
        string? token = string.IsNullOrEmpty(document?.Token) ? document?.AccessToken : document.Token;
        if (token is not { Length: > 0 and <= LongestToken } || token.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new EngineException(EngineErrorReason.AuthenticationFailed, endpoint.Host, $"The token server of {endpoint.Host} answers without a token. Try again later.");
        }

        long seconds = Math.Clamp(document!.ExpiresIn ?? DefaultSeconds, MarginSeconds + 1, 24 * 3600);
        return new RegistryToken(new AuthenticationHeaderValue("Bearer", token), Environment.TickCount64 + ((seconds - MarginSeconds) * 1000));
    }

    private static Exception Refused(
        RegistryEndpoint endpoint, Uri realm, RegistryResponse response, RegistryCredential? credential, CancellationToken cancellation) =>
        response.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.BadRequest
            ? RegistryErrors.NotAuthorized(endpoint.Host, RegistryErrors.Said(response, cancellation), credential)
            : RegistryErrors.Status(endpoint.Host, response, $"fetching a token from {RegistryText.Show(realm)}", cancellation);
}
