using System.Net;
using System.Text.RegularExpressions;

namespace Containers.Engine.Registry;

/// <summary>A registry's host: the names it goes by, and whether it is this machine.</summary>
internal static partial class RegistryAddress
{
    /// <summary>The registry of names without a host.</summary>
    public const string DockerHub = "docker.io";

    private const string DockerHubServer = "registry-1.docker.io", DockerHubIndex = "index.docker.io";

    /// <summary>The address that a host's registry listens on.</summary>
    public static string Authority(string host) => host is DockerHub or DockerHubIndex ? DockerHubServer : host.ToLowerInvariant();

    /// <summary>The one name of hosts that have several: what settings and credentials are kept under.</summary>
    public static string Canonical(string host) =>
        host.ToLowerInvariant() is var lower && lower is DockerHub or DockerHubServer or DockerHubIndex or "registry.hub.docker.com" ? DockerHub : lower;

    /// <summary>Whether a host, with or without a port, is this machine by its very name; a name is not looked up for that.</summary>
    public static bool IsLoopback(string authority) =>
        Uri.TryCreate($"http://{authority}/", UriKind.Absolute, out Uri? address) && IsLoopback(address);

    /// <summary>Whether an address is on this machine by its very name.</summary>
    public static bool IsLoopback(Uri address) =>
        address.DnsSafeHost == "localhost" || (IPAddress.TryParse(address.DnsSafeHost, out IPAddress? ip) && IPAddress.IsLoopback(Plain(ip)));

    /// <summary>Whether an address leads to this machine alone by its very name: loopback, or the unspecified address, which the kernel takes for it.</summary>
    public static bool IsThisMachine(Uri address) => IsLoopback(address) || address.DnsSafeHost.TrimEnd('.') is var host
        && (host is "localhost" || host.EndsWith(".localhost", StringComparison.Ordinal) || (IPAddress.TryParse(host, out IPAddress? ip) && (Plain(ip).Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))));

    // An address of IPv4 can be written as one of IPv6.
    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>Whether a text is a host, with or without a port: no other can be a folder's name.</summary>
    public static bool IsHost(string text) => text.Length <= 255 && HostForm().IsMatch(text);

    /// <summary>Checks a host that stands alone, as for signing in.</summary>
    /// <exception cref="EngineException">InvalidArgument.</exception>
    public static string Check(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return IsHost(host) && Uri.TryCreate($"https://{host}/", UriKind.Absolute, out _)
            ? Canonical(host)
            : throw new EngineException(
                EngineErrorReason.InvalidArgument, host, $"'{RegistryText.Show(host)}' is no registry's host. A host is NAME[:PORT] without a scheme or path, as in registry.example.org:5000.");
    }

    [GeneratedRegex(@"\A(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HostForm();
}
