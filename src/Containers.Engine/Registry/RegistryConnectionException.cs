namespace Containers.Engine.Registry;

/// <summary>How a connection failed.</summary>
internal enum ConnectionFault
{
    /// <summary>The host's name does not resolve.</summary>
    NoSuchHost,

    /// <summary>Nothing listens there, or no way leads there.</summary>
    Refused,

    /// <summary>Its certificate is not trusted.</summary>
    NotTrusted,

    /// <summary>TLS failed otherwise; perhaps it speaks none.</summary>
    NotTls,

    /// <summary>It sent what is no HTTP, or more than is taken.</summary>
    Malformed,

    /// <summary>It broke.</summary>
    Broken,

    /// <summary>Nothing came in time.</summary>
    Stalled,
}

/// <summary>A failed connection, between where it failed and where it is known whether another attempt is worth it.</summary>
/// <param name="fault">How it failed.</param>
/// <param name="server">The server.</param>
/// <param name="failure">The same for the user.</param>
internal sealed class RegistryConnectionException(ConnectionFault fault, RegistryServer server, EngineException failure) : Exception(failure.Message, failure)
{
    /// <summary>How it failed.</summary>
    public ConnectionFault Fault => fault;

    /// <summary>The same for the user.</summary>
    public EngineException Failure => failure;

    /// <summary>Whether the same may go well a moment later. A server that never answered is most likely not there; one that did may be starting again.</summary>
    public bool IsTransient { get; } = fault is ConnectionFault.Broken || (fault is ConnectionFault.Stalled or ConnectionFault.Refused && server.HasAnswered);
}
