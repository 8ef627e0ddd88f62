namespace Containers.Engine.Registry;

/// <summary>
/// The credentials for registries, where Docker and its kin keep them: <c>config.json</c> of <c>DOCKER_CONFIG</c> or <c>~/.docker</c>,
/// <c>auth.json</c> (<c>REGISTRY_AUTH_FILE</c>, <c>XDG_RUNTIME_DIR/containers</c>), and the helpers (<c>docker-credential-NAME</c>) that these files name. Thread-safe.
/// </summary>
public sealed class CredentialStore
{
    private readonly IReadOnlyList<CredentialFile> files;
    private readonly CredentialHelpers helpers;

    /// <summary>Uses given files.</summary>
    /// <param name="files">The files' absolute paths, in the order in which they are asked; the first is the one that is written to.</param>
    /// <param name="searchPath">The folders in which helpers are looked for, as in <c>PATH</c>.</param>
    internal CredentialStore(IReadOnlyList<string> files, string searchPath)
    {
        this.files = [.. files.Select(file => new CredentialFile(file))];
        helpers = new CredentialHelpers(searchPath);
    }

    /// <summary>The store that the process's environment names.</summary>
    /// <returns>The store.</returns>
    public static CredentialStore FromEnvironment()
    {
        string? docker = Variable("DOCKER_CONFIG") ?? (Variable("HOME") is { } home ? Path.Combine(home, ".docker") : null);
        string?[] candidates =
        [
            Variable("REGISTRY_AUTH_FILE"),
            docker is null ? null : Path.Combine(docker, "config.json"),
            Variable("XDG_RUNTIME_DIR") is { } runtime ? Path.Combine(runtime, "containers", "auth.json") : null,
        ];
        return new CredentialStore(
            [.. candidates.OfType<string>().Select(Path.GetFullPath).Distinct(StringComparer.Ordinal)], Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin");
    }

    /// <summary>The credentials for a registry.</summary>
    /// <param name="host">Its host, with the port where image names have one.</param>
    /// <param name="cancellation">Ends a helper that lets one wait.</param>
    /// <returns>The credentials; null where there are none.</returns>
    /// <exception cref="EngineException">InvalidConfiguration for a damaged file; AuthenticationFailed for a helper that fails.</exception>
    public RegistryCredential? Find(string host, CancellationToken cancellation = default)
    {
        string canonical = RegistryAddress.Check(host);
        foreach (CredentialFile file in files)
        {
            CredentialFile.Content content = file.Read();
            if (content.HelperOf(canonical) is { } helper && helpers.Get(helper, canonical, file.Path, cancellation) is { } kept)
            {
                return kept;
            }

            if (content.Find(canonical) is { } written)
            {
                return written;
            }
        }

        return null;
    }

    /// <summary>Keeps credentials for a registry.</summary>
    /// <param name="host">Its host.</param>
    /// <param name="user">The user's name.</param>
    /// <param name="secret">The password or access token.</param>
    /// <param name="asPlainText">Whether the secret may be written into the file as it is, readable for its owner; else a helper must be configured.</param>
    /// <exception cref="EngineException">InvalidArgument where there is no helper and plain text was not asked for; Storage; AuthenticationFailed for a helper that fails.</exception>
    public void Save(string host, string user, string secret, bool asPlainText)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        ArgumentException.ThrowIfNullOrEmpty(secret);
        string canonical = RegistryAddress.Check(host);
        CredentialFile file = RequireFile(canonical);
        if (file.Read().HelperOf(canonical) is { } helper)
        {
            helpers.Store(helper, canonical, new RegistryCredential(user, secret), file.Path);
            return;
        }

        if (!asPlainText)
        {
            throw new EngineException(
                EngineErrorReason.InvalidArgument,
                canonical,
                $"No credential helper is configured in '{file.Path}', so the secret for {canonical} could only be kept as plain text. Name one there (\"credsStore\": \"NAME\" for the program docker-credential-NAME), or allow plain text with -AsPlainText.");
        }

        if (user.Contains(':', StringComparison.Ordinal))
        {
            throw new EngineException(EngineErrorReason.InvalidArgument, canonical, "A user's name for a registry cannot hold a colon.");
        }

        file.Write(canonical, new RegistryCredential(user, secret));
    }

    /// <summary>Forgets the credentials for a registry.</summary>
    /// <param name="host">Its host.</param>
    /// <returns>Whether there were any that could be forgotten.</returns>
    /// <exception cref="EngineException">Storage; AuthenticationFailed for a helper that fails.</exception>
    public bool Erase(string host)
    {
        string canonical = RegistryAddress.Check(host);
        bool wasThere = false;
        foreach (CredentialFile file in files)
        {
            CredentialFile.Content content = file.Read();
            if (content.HelperOf(canonical) is { } helper && helpers.Get(helper, canonical, file.Path, CancellationToken.None) is not null)
            {
                helpers.Erase(helper, canonical, file.Path);
                wasThere = true;
            }

            if (content.Has(canonical))
            {
                file.Write(canonical, null);
                wasThere = true;
            }
        }

        return wasThere;
    }

    private CredentialFile RequireFile(string host) => files.Count > 0 ? files[0] : throw new EngineException(
        EngineErrorReason.InvalidArgument, host, "There is no place to keep credentials: neither HOME, DOCKER_CONFIG nor REGISTRY_AUTH_FILE is set.");

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
