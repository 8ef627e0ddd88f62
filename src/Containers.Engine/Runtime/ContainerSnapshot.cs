using Containers.Engine.Health;

namespace Containers.Engine.Runtime;

/// <summary>A container's state as the kernel and the exit record tell it.</summary>
public enum ContainerState
{
    /// <summary>Being made by a living session, or left behind half made by a dead one (<see cref="StateReason.Incomplete"/>).</summary>
    Creating,

    /// <summary>Made, never started.</summary>
    Created,

    /// <summary>Its first process lives.</summary>
    Running,

    /// <summary>Its first process has ended.</summary>
    Exited,

    /// <summary>Its first process has ended, and a living process waits to start it again, as its restart policy or its health asks for.</summary>
    Restarting,
}

/// <summary>Why a container is in its state, where that is not the ordinary course.</summary>
public enum StateReason
{
    /// <summary>The ordinary course.</summary>
    None,

    /// <summary>The kernel killed it for its memory limit.</summary>
    OutOfMemory,

    /// <summary>Its monitor died, and the container with it: the exit code is not known.</summary>
    MonitorLost,

    /// <summary>The machine was started anew while it ran: the exit code is not known.</summary>
    Rebooted,

    /// <summary>The session that was making it died. It can only be removed.</summary>
    Incomplete,
}

/// <summary>A container as it was at one moment.</summary>
public sealed record ContainerSnapshot
{
    /// <summary>64 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>The unique name.</summary>
    public required string Name { get; init; }

    /// <summary>What was asked for.</summary>
    public required ContainerOptions Options { get; init; }

    /// <summary>The program and its arguments as they are executed, the image's configuration applied.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>User, and group after a colon, that the first process has: what was asked for, else the image's, else root. Null of one that was never made whole.</summary>
    public string? User { get; init; }

    /// <summary>The folder that the first process starts in: what was asked for, else the image's, else /. Null of one that was never made whole.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The signal that asks it to end: what was asked for, else the image's, else SIGTERM. Null of one that was never made whole.</summary>
    public int? StopSignal { get; init; }

    /// <summary>The state.</summary>
    public ContainerState State { get; init; }

    /// <summary>Whether it is running and suspended: all its processes are kept from running, as the kernel says.</summary>
    public bool IsPaused { get; init; }

    /// <summary>What is particular about the state.</summary>
    public StateReason Reason { get; init; }

    /// <summary>
    /// When it was made. Of one that is being made or was never made whole, when its folders were last changed, which is not before that; null where there are none (any more).
    /// </summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When its first process was last started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When its first process last ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The first process's exit code, 128 + signal where a signal ended it; null while it runs, or where it is not known.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended the first process, else null.</summary>
    public int? Signal { get; init; }

    /// <summary>Whether the kernel killed a process in it for its memory limit.</summary>
    public bool OomKilled { get; init; }

    /// <summary>The first process's pid on this machine while it runs.</summary>
    public int? ProcessId { get; init; }

    /// <summary>The monitor's pid while it runs.</summary>
    public int? MonitorProcessId { get; init; }

    /// <summary>How it is found out whether it is well, its image's part and the defaults applied; null where it is not found out.</summary>
    public HealthCheck? HealthCheck { get; init; }

    /// <summary>What the checks since its last start have found, the status being <see cref="HealthStatus.None"/> where it does not run; null without a check.</summary>
    public ContainerHealth? Health { get; init; }

    /// <summary>As the document's.</summary>
    internal bool CanBeStartedAgain => Options.RestartPolicy.Mode != RestartMode.No || HealthCheck?.OnFailure == HealthFailureAction.Restart;

    /// <summary>How often it was started again, or that was tried, by its restart policy or for its health, since the user last started it.</summary>
    public int RestartCount { get; init; }

    /// <summary>When it is started again, while it waits for that (<see cref="ContainerState.Restarting"/>).</summary>
    public DateTimeOffset? NextStartAt { get; init; }

    /// <summary>Why the last start by its restart policy or for its health failed; null where it did not.</summary>
    public string? RestartError { get; init; }
}
