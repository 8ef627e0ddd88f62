using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;

namespace Containers.Engine.Registry;

/// <summary>
/// Answers one server's demands for authentication. Credentials are looked up once it asks, and are those of this very server. Thread-safe.
/// </summary>
/// <param name="endpoint">The server.</param>
/// <param name="tokens">Fetches tokens.</param>
/// <param name="find">Gives the credentials; null for none.</param>
internal sealed class RegistryAuthorizer(RegistryEndpoint endpoint, RegistryTokens tokens, Func<RegistryCredential?> find)
{
    private readonly ConcurrentDictionary<string, RegistryToken> bearer = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim gate = new(1);
    private AuthenticationHeaderValue? basic;
    private RegistryCredential? credential;
    private bool hasLooked;

    /// <summary>The credentials for the server, as far as it asked for any; null where there are none.</summary>
    public RegistryCredential? Credential => credential;

    /// <summary>What a request carries without being asked.</summary>
    /// <param name="scopes">What it is for.</param>
    /// <returns>The header's value; null as long as nothing was asked for.</returns>
    public AuthenticationHeaderValue? Current(IReadOnlyList<string> scopes) =>
        Volatile.Read(ref basic) ?? (bearer.TryGetValue(Key(scopes), out RegistryToken? token) && token.IsFresh ? token.Header : null);

    /// <summary>Answers a refusal.</summary>
    /// <param name="headers">The values of WWW-Authenticate.</param>
    /// <param name="scopes">What the request is for.</param>
    /// <param name="used">What it carried.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What to carry instead; null where nothing else is left to try.</returns>
    /// <exception cref="EngineException">The token server refuses, or is one that is not spoken to.</exception>
    public AuthenticationHeaderValue? Answer(IReadOnlyList<string> headers, IReadOnlyList<string> scopes, AuthenticationHeaderValue? used, CancellationToken cancellation)
    {
        IReadOnlyList<AuthenticationChallenge> challenges = AuthenticationChallenge.Parse(headers);
        gate.Wait(cancellation);
        try
        {
            // Another thread may have been faster.
            if (Current(scopes) is { } fresh && fresh.Parameter != used?.Parameter)
            {
                return fresh;
            }

            if (challenges.FirstOrDefault(challenge => challenge.Scheme == "bearer") is { } demand)
            {
                RegistryToken token = tokens.Fetch(endpoint, demand, scopes, Find(), cancellation);
                bearer[Key(scopes)] = token;
                return token.Header;
            }

            if (challenges.Any(challenge => challenge.Scheme == "basic") && Find() is { IsIdentityToken: false } found)
            {
                AuthenticationHeaderValue value = Basic(found);
                Volatile.Write(ref basic, value);
                return value.Parameter == used?.Parameter ? null : value;
            }

            return null;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>The header's value for a user and a secret (RFC 7617).</summary>
    public static AuthenticationHeaderValue Basic(RegistryCredential credential) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.User}:{credential.Secret}")));

    private static string Key(IReadOnlyList<string> scopes) => string.Join(' ', scopes);

    private RegistryCredential? Find()
    {
        if (!hasLooked)
        {
            credential = find();
            hasLooked = true;
        }

        return credential;
    }
}
