using Containers.Engine.Cgroups;
using Containers.Engine.Health;
using Containers.Engine.Storage;

namespace Containers.Engine.Runtime;

/// <summary>Tells a container's state: the documents say what was asked, the kernel says what is.</summary>
/// <param name="store">The containers' files.</param>
/// <param name="cgroups">Tells who is paused; asked of running containers alone.</param>
internal sealed class ContainerObserver(ContainerStore store, Func<CgroupManager> cgroups)
{
    private const int PatienceWithMonitor = 200;

    /// <summary>A container as it is now; null where there is none.</summary>
    public ContainerSnapshot? Observe(string id) =>
        Look(id) is not { } container ? null
        : container.State == ContainerState.Running ? container
        : container with { Health = container.Health?.Past };

    private ContainerSnapshot? Look(string id)
    {
        for (int wait = 0; ; wait++)
        {
            ContainerRecords records = ReadTolerantly(id);
            if (records.Document is null)
            {
                return Unfinished(id);
            }

            ContainerSnapshot snapshot = Describe(records.Document) with
            {
                Health = HealthOf(records), RestartCount = records.Restart?.Count ?? 0, RestartError = records.Restart?.Error,
            };
            if (records.Exit is { } exit)
            {
                return IsRestarting(records) ? Restarting(Ended(snapshot, exit), records) : Ended(snapshot, exit);
            }

            if (records.Running is not { } running)
            {
                return records.IsAwaited ? Restarting(snapshot, records) : snapshot with { State = ContainerState.Created };
            }

            snapshot = snapshot with { StartedAt = Time(running.StartedAt) };
            if (running.BootId != ProcessIdentity.CurrentBootId)
            {
                return snapshot with { State = ContainerState.Exited, Reason = StateReason.Rebooted };
            }

            if (FirstProcess(running).IsAlive)
            {
                return Observed(snapshot, running);
            }

            if (records.IsAwaited)
            {
                return Restarting(snapshot, records);
            }

            if (!Monitor(running).IsAlive)
            {
                // Once more: the monitor may have written the record and ended in between.
                ContainerRecords late = ReadTolerantly(id);
                return late.Document is null ? Unfinished(id)
                    : late.Exit is not null ? Ended(snapshot, late.Exit)
                    : Lost(snapshot);
            }

            if (wait == PatienceWithMonitor)
            {
                // A monitor that is stopped, or starved: its container has not been seen to end.
                return Observed(snapshot, running);
            }

            // Its monitor is writing the exit record right now.
            Thread.Sleep(1);
        }
    }

    /// <summary>The first process of a running container.</summary>
    public static ProcessIdentity FirstProcess(RunningRecord running) => new(running.Pid, running.PidStart, running.BootId);

    /// <summary>The monitor of a running container.</summary>
    public static ProcessIdentity Monitor(RunningRecord running) => new(running.Monitor, running.MonitorStart, running.BootId);

    /// <summary>A point in time from nanoseconds since 1970.</summary>
    public static DateTimeOffset Time(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick);

    /// <summary>A damaged record must not keep the other containers from being listed: such a container is shown as one that can only be removed.</summary>
    private ContainerRecords ReadTolerantly(string id)
    {
        try
        {
            return store.Records.Read(id);
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.Storage)
        {
            return default;
        }
    }

    /// <summary>What a container's document says.</summary>
    public static ContainerSnapshot Describe(ContainerDocument document) => new()
    {
        Id = document.Id,
        Name = document.Name,
        Options = document.Options,
        Command = document.Command.Arguments,
        User = document.Command.User.Length > 0 ? document.Command.User : "root",
        WorkingDirectory = document.Command.WorkingDirectory,
        StopSignal = document.StopSignal,
        CreatedAt = document.CreatedAt,
        HealthCheck = document.Health,
    };

    /// <summary>A container that has ended in a known way.</summary>
    public static ContainerSnapshot Ended(ContainerSnapshot snapshot, ExitRecord exit) => snapshot with
    {
        ProcessId = null,
        MonitorProcessId = null,
        State = ContainerState.Exited,
        Reason = exit is { OomKills: > 0, ExitCode: 137 } ? StateReason.OutOfMemory : StateReason.None,
        ExitCode = exit.ExitCode,
        Signal = exit.Signal == 0 ? null : exit.Signal,
        OomKilled = exit.OomKills > 0,
        StartedAt = Time(exit.StartedAt),
        FinishedAt = Time(exit.FinishedAt),
    };

    /// <summary>A container whose monitor died before it could say how it ended.</summary>
    public static ContainerSnapshot Lost(ContainerSnapshot snapshot) =>
        snapshot with { State = ContainerState.Exited, Reason = StateReason.MonitorLost, ProcessId = null, MonitorProcessId = null };

    /// <summary>A container whose first process lives, and which is not paused.</summary>
    public static ContainerSnapshot Running(ContainerSnapshot snapshot, RunningRecord running) => snapshot with
    {
        State = ContainerState.Running,
        StartedAt = Time(running.StartedAt),
        ProcessId = running.Pid,
        MonitorProcessId = running.Monitor,
    };

    /// <summary>Whether an ended container is about to be started again: its monitor, or what that has become, is still there for it, or another process is.</summary>
    private static bool IsRestarting(ContainerRecords records) =>
        records.IsAwaited
        || (records is { Document: { } document, Restart: { } restart, Running: { } running, Stopped: null }
            && document.Options.RestartPolicy.Wants(records.Exit?.ExitCode, restart.Count) && Monitor(running).IsAlive);

    private static ContainerSnapshot Restarting(ContainerSnapshot ended, ContainerRecords records) => ended with
    {
        State = ContainerState.Restarting,
        NextStartAt = records.Restart?.NextStart is { } next ? Time(next) : null,
    };

    private ContainerSnapshot Observed(ContainerSnapshot snapshot, RunningRecord running)
    {
        using ContainerCgroup? cgroup = cgroups().Open(snapshot.Id);
        return Running(snapshot, running) with { IsPaused = cgroup?.IsFrozen == true };
    }

    private ContainerHealth? HealthOf(ContainerRecords records) => records.Document is not { Health: not null } document ? null
        : records.Running is { } running ? store.Records.ReadHealth(document, running).ToHealth()
        : new ContainerHealth(HealthStatus.None, 0, []);

    private ContainerSnapshot? Unfinished(string id)
    {
        using ContainerLock? free = store.TryLock(id);
        return !store.Exists(id) ? null : new ContainerSnapshot
        {
            Id = id,
            Name = id[..12],
            Options = new ContainerOptions(),
            State = ContainerState.Creating,
            CreatedAt = store.OldestChange(id),

            // Claimed and locked: its session is at it.
            Reason = free is null && store.IsClaimed(id) ? StateReason.None : StateReason.Incomplete,
        };
    }
}
