using Containers.Engine.Images;
using Containers.Engine.Logs;
using Containers.Engine.Runtime;

namespace Containers.Engine;

/// <summary>
/// The engine: every operation on containers and images of one pair of roots. Holds no state of its own beyond open
/// descriptors and caches; any number of engines, in any number of processes, may work on the same roots at once. Thread-safe.
/// </summary>
public sealed class ContainerEngine : IDisposable
{
    /// <summary>Opens the engine on the roots that the configuration names, making them where they are missing.</summary>
    /// <param name="configurationPath">The configuration file; null for <c>CONTAINERS_CONFIG</c>, else /etc/pscontainers/config.json.</param>
    /// <returns>The engine.</returns>
    /// <exception cref="EngineException">The configuration is wrong, or a root cannot be made.</exception>
    public static ContainerEngine Open(string? configurationPath = null) => throw new NotSupportedException();

    /// <summary>The image store.</summary>
    public ImageStore Images => throw new NotSupportedException();

    /// <summary>Makes a container without starting it.</summary>
    /// <param name="options">What is asked of it.</param>
    /// <param name="cancellation">Undoes what was made so far.</param>
    /// <returns>The container, in state Created.</returns>
    public ContainerSnapshot Create(ContainerOptions options, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Starts a container that is not running; its output goes to its log alone.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellation">Ends the start; the container is left as it was.</param>
    /// <returns>The container, in state Running (or already Exited).</returns>
    public ContainerSnapshot Start(string id, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Makes and starts a container attached to this session.</summary>
    /// <param name="options">What is asked of it.</param>
    /// <param name="withInput">Whether its standard input is a pipe from this session, instead of empty.</param>
    /// <param name="cancellation">Ends the start, leaving nothing.</param>
    /// <returns>The running container.</returns>
    public ForegroundContainer Run(ContainerOptions options, bool withInput, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>All containers, oldest first.</summary>
    /// <returns>A snapshot of each.</returns>
    public IReadOnlyList<ContainerSnapshot> List() => throw new NotSupportedException();

    /// <summary>The container of that exact name, exact id, or unambiguous prefix of an id.</summary>
    /// <param name="nameOrId">A name or the beginning of an id.</param>
    /// <returns>Its snapshot.</returns>
    /// <exception cref="EngineException">NotFound or Ambiguous.</exception>
    public ContainerSnapshot Get(string nameOrId) => throw new NotSupportedException();

    /// <summary>Sends a signal to a running container's first process.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="signal">The signal's number.</param>
    public void Signal(string id, int signal) => throw new NotSupportedException();

    /// <summary>Asks a container to end, and kills it when it has not after a while. A container that is not running is left alone.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="signal">The signal; null for its own stop signal.</param>
    /// <param name="timeout">How long it may take before SIGKILL.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The ended container (removed already, where it was to be removed at its end).</returns>
    public ContainerSnapshot Stop(string id, int? signal, TimeSpan timeout, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Waits until a container has ended.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The ended container.</returns>
    /// <exception cref="EngineException">Timeout, or NotFound.</exception>
    public ContainerSnapshot Wait(string id, TimeSpan timeout, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Removes a container and everything it holds.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="force">Whether a running one is killed first instead of refused.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public void Remove(string id, bool force, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Reads a container's log.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="query">Which records.</param>
    /// <param name="cancellation">Ends a following read.</param>
    /// <returns>The records in order; with <see cref="LogQuery.Follow"/> until the container ends.</returns>
    public IEnumerable<LogRecord> ReadLog(string id, LogQuery query, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>What this engine runs on and with.</summary>
    /// <returns>The facts.</returns>
    public EngineInfo GetInfo() => throw new NotSupportedException();

    /// <summary>Closes what is held open. Containers are not touched.</summary>
    public void Dispose() => throw new NotSupportedException();
}
