using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Engine.Storage;

/// <summary>What is known of a container from its files.</summary>
/// <param name="Document">Null: it is being made, or was left half made or half removed.</param>
/// <param name="Running">Null: it does not run.</param>
/// <param name="Exit">Null: it has not ended.</param>
internal readonly record struct ContainerRecords(ContainerDocument? Document, RunningRecord? Running, ExitRecord? Exit)
{
    /// <summary>Its restarts; null where it is never started again, neither by a restart policy nor for its health.</summary>
    public RestartRecord? Restart { get; init; }

    /// <summary>Who has stopped it since its last start; null for nobody, and where it is never started again.</summary>
    public StopCause? Stopped { get; init; }

    /// <summary>Whether its first process lives.</summary>
    public bool IsRunning => Running is { } running && ContainerObserver.FirstProcess(running).IsAlive;

    /// <summary>Whether a living process has set out to start it again.</summary>
    public bool IsAwaited => Stopped is null && Restart?.Waiter?.ToIdentity().IsAlive == true;

    /// <summary>Opens its first process (pidfd_open(2)); null where it does not live.</summary>
    public FileDescriptor? TryOpenFirstProcess() => Running is { } running ? ContainerObserver.FirstProcess(running).TryOpen() : null;
}
