namespace Containers.Engine.Registry;

/// <summary>What one signs in to a registry with. Its text shows no secret.</summary>
public sealed class RegistryCredential
{
    /// <summary>Makes credentials of a user and a secret.</summary>
    /// <param name="user">The user's name.</param>
    /// <param name="secret">The password or access token.</param>
    public RegistryCredential(string user, string secret)
    {
        User = user;
        Secret = secret;
    }

    /// <summary>The user's name; empty where there is only an identity token.</summary>
    public string User { get; }

    /// <summary>The password, access token or identity token.</summary>
    public string Secret { get; }

    /// <summary>Whether the secret is an identity token, which a token server exchanges for tokens (OAuth 2 refresh token).</summary>
    public bool IsIdentityToken { get; init; }

    /// <summary>Whether they were just given to sign in with, and are not kept yet.</summary>
    internal bool IsNew { get; init; }

    /// <inheritdoc/>
    public override string ToString() => IsIdentityToken ? "identity token" : $"user {User}";
}
