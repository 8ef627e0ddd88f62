using System.Net.Http;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Containers.Engine.Registry;

/// <summary>Tells what became of a connection.</summary>
internal static class ConnectionErrors
{
    /// <summary>The failure of a request or of reading its answer.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="server">The server.</param>
    /// <returns>The failure.</returns>
    public static RegistryConnectionException From(Exception exception, RegistryServer server)
    {
        string shown = RegistryText.Show(server.Authority);
        var error = (exception as HttpRequestException)?.HttpRequestError ?? (exception as HttpIOException)?.HttpRequestError;
        if (server.TrustProblem is { } problem)
        {
            return new(ConnectionFault.NotTrusted, server, Failure(server, $"The certificate of {shown} is not trusted: {problem}. {HowToTrust(server)}", exception));
        }

        return error switch
        {
            HttpRequestError.NameResolutionError => new(
                ConnectionFault.NoSuchHost,
                server,
                Failure(server, $"There is no host '{shown}': its name could not be resolved. Check the registry in the image's name, and this machine's DNS.", exception)),
            HttpRequestError.ConnectionError when SocketErrorOf(exception) == SocketError.ConnectionRefused => new(
                ConnectionFault.Refused,
                server,
                Failure(server, $"{shown} refused the connection: nothing listens there. Check host and port, and whether the registry runs.", exception)),
            HttpRequestError.ConnectionError => new(
                ConnectionFault.Refused, server, Failure(server, $"No connection to {shown} could be made: {Innermost(exception)}.", exception)),
            HttpRequestError.SecureConnectionError => new(
                ConnectionFault.NotTls,
                server,
                Failure(
                    server,
                    $"{NoTls(exception, shown)} If it is a registry that speaks plain HTTP, allow that: {HowToConfigure(server, "Insecure = $true", "\"insecure\": true")}",
                    exception)),
            HttpRequestError.ProxyTunnelError => new(
                ConnectionFault.Refused, server, Failure(server, $"The proxy did not connect to {shown}: {Innermost(exception)}. Check HTTPS_PROXY and NO_PROXY.", exception)),
            HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded => new(
                ConnectionFault.Malformed, server, Failure(server, $"{shown} does not answer as a registry does: {Innermost(exception)}.", exception)),
            _ => new(ConnectionFault.Broken, server, Failure(server, $"The connection to {shown} broke: {Innermost(exception)}.", exception)),
        };
    }

    /// <summary>The failure of a server that lets one wait.</summary>
    /// <param name="server">The server.</param>
    /// <param name="limit">How long it was waited.</param>
    /// <param name="what">What came: nothing, or too little.</param>
    /// <returns>The failure.</returns>
    public static RegistryConnectionException Stalled(RegistryServer server, TimeSpan limit, string what) => new(
        ConnectionFault.Stalled,
        server,
        new EngineException(
            EngineErrorReason.Timeout, server.Host, $"{RegistryText.Show(server.Authority)} sent {what} within {limit.TotalSeconds:0.#} seconds. Try again later, or check the network."));

    /// <summary>The failure of a body that ends before its end.</summary>
    /// <param name="server">The server.</param>
    /// <param name="got">The bytes that came.</param>
    /// <param name="size">The bytes there should be.</param>
    /// <returns>The failure.</returns>
    public static RegistryConnectionException Cut(RegistryServer server, long got, long size) => new(
        ConnectionFault.Broken,
        server,
        new EngineException(EngineErrorReason.ConnectionFailed, server.Host, $"{RegistryText.Show(server.Authority)} broke off after {got} of {size} bytes. Try again."));

    private static string HowToTrust(RegistryServer server) =>
        $"If it is your own registry, put the certificate of its authority at /etc/pscontainers/certs.d/{server.Host}/ca.crt, or name the file: "
        + HowToConfigure(server, "CertificateAuthority = '/path/ca.crt'", "\"certificateAuthority\": \"/path/ca.crt\"");

    private static string HowToConfigure(RegistryServer server, string parameter, string member) =>
        $"Set-ContainerConfiguration -Registry @{{ Registry = '{server.Host}'; {parameter} }}, which is \"registries\": {{ \"{server.Host}\": {{ {member} }} }} in the configuration.";

    // SslStream throws this one alone for bytes that are no TLS; what goes wrong within TLS is an inner exception of it.
    private static string NoTls(Exception exception, string shown) => exception.InnerException is AuthenticationException { InnerException: null }
        ? $"{shown} does not speak TLS: it answered with something else."
        : $"TLS with {shown} failed: {Innermost(exception)}.";

    private static EngineException Failure(RegistryServer server, string message, Exception inner) => new(EngineErrorReason.ConnectionFailed, server.Host, message, inner);

    private static string Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner)
        {
            exception = inner;
        }

        return RegistryText.Show(exception.Message.TrimEnd('.'));
    }

    private static SocketError? SocketErrorOf(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is SocketException socket)
            {
                return socket.SocketErrorCode;
            }
        }

        return null;
    }
}
