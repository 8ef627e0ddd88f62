using Containers.Engine.Images;

namespace Containers.Engine.Configuration;

/// <summary>Refuses values of a configuration that the types alone do not.</summary>
/// <param name="configuration">The configuration.</param>
internal sealed class ConfigurationCheck(EngineConfiguration configuration)
{
    private const int MostMirrors = 16;
    private const int MostAtOnce = 16;

    /// <summary>Checks everything.</summary>
    /// <exception cref="EngineException">InvalidConfiguration, naming file, line and key.</exception>
    public void Run()
    {
        EngineConfiguration read = configuration;
        Require(Path.IsPathFullyQualified(read.StateRoot) && read.StateRoot != "/", "stateRoot", "it must be an absolute path other than /");
        Require(Path.IsPathFullyQualified(read.RuntimeRoot) && read.RuntimeRoot != "/", "runtimeRoot", "it must be an absolute path other than /");
        Require(read.StateRoot != read.RuntimeRoot, "runtimeRoot", "it must not be the folder of stateRoot");
        Require(
            read.CgroupParent.Split('/').All(part => part is not ("" or "." or "..") && !part.Any(char.IsControl)), "cgroupParent", "it must be a relative path such as pscontainers, without . and ..");
        Require(read.Log.MaxSize >= 4096, "log.maxSize", "it must be at least 4096 (bytes)");
        Require(read.Log.MaxFiles is >= 1 and <= 1000, "log.maxFiles", "it must be 1 to 1000");
        Require(read.Limits.Memory is null or >= 6 * 1024 * 1024, "limits.memory", "it must be at least 6291456 (bytes, 6 MiB)");
        Require(read.Limits.Cpus is null or > 0, "limits.cpus", "it must be above 0");
        Require(read.Limits.PidsLimit is null or >= 1, "limits.pidsLimit", "it must be at least 1");
        Require(read.Runtime.SeccompProfile is null || Path.IsPathFullyQualified(read.Runtime.SeccompProfile), "runtime.seccompProfile", "it must be an absolute path of a profile's file");
        Require(read.Runtime.StopTimeout is >= 0 and <= 86400, "runtime.stopTimeout", "it must be 0 to 86400 (seconds)");
        Require(read.Images.Parallel is >= 1 and <= MostAtOnce, "images.parallel", $"it must be 1 to {MostAtOnce}");
        foreach ((string host, RegistryConfiguration registry) in read.Registries)
        {
            CheckRegistry(host, registry);
        }
    }

    /// <summary>Fails where a rule does not hold.</summary>
    /// <param name="holds">Whether it does.</param>
    /// <param name="key">The key.</param>
    /// <param name="rule">What must be.</param>
    public void Require(bool holds, string key, string rule)
    {
        if (!holds)
        {
            string where = configuration.File is { } file ? $"{file}, line {configuration.Keys.LineOf(key)}" : "The configuration";
            throw new EngineException(EngineErrorReason.InvalidConfiguration, configuration.File ?? "configuration", $"{where}, key '{key}': {rule}.");
        }
    }

    private void CheckRegistry(string host, RegistryConfiguration registry)
    {
        Require(IsHost(host), ConfigurationKeys.OfRegistry(host), "it must be a registry's host in lower case, with a port where it has one: registry.example.org, localhost:5000");
        string mirrors = ConfigurationKeys.OfRegistry(host, "mirrors");
        Require(registry.Mirrors.Count <= MostMirrors, mirrors, $"there may be at most {MostMirrors}");
        foreach (string mirror in registry.Mirrors)
        {
            Require(
                IsMirror(mirror, registry.Insecure), mirrors,
                registry.Insecure ? "a mirror must be https://HOST[:PORT] or http://HOST[:PORT], without a path" : "a mirror must be https://HOST[:PORT], without a path; http:// only where insecure is true");
        }

        Require(
            registry.CertificateAuthority is null || Path.IsPathFullyQualified(registry.CertificateAuthority),
            ConfigurationKeys.OfRegistry(host, "certificateAuthority"), "it must be an absolute path of a PEM file");
    }

    // A first component without a dot, a port or this one name would be a part of the path in an image's name.
    private static bool IsHost(string host) =>
        (host.AsSpan().ContainsAny('.', ':') || host == "localhost") && !host.Any(char.IsAsciiLetterUpper) && !host.Contains('/', StringComparison.Ordinal)
        && ImageName.TryParse($"{host}/image:tag", out ImageName? name, out _) && name!.Host == host;

    private static bool IsMirror(string text, bool insecure) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && (url.Scheme == Uri.UriSchemeHttps || (insecure && url.Scheme == Uri.UriSchemeHttp))
        && url is { UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0, Host.Length: > 0, AbsolutePath: "/" } && !text.Any(char.IsControl);
}
