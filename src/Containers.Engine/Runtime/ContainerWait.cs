using Containers.Engine.Health;
using Containers.Engine.Storage;
using Containers.Interop;

namespace Containers.Engine.Runtime;

/// <summary>What of a container is waited for.</summary>
public enum WaitCondition
{
    /// <summary>Its end. One that was never started does not come to it.</summary>
    Exited,

    /// <summary>That it runs, and is not suspended.</summary>
    Running,

    /// <summary>That it is suspended.</summary>
    Paused,

    /// <summary>That its health check finds it well. One without a check does not come to it.</summary>
    Healthy,

    /// <summary>That it is gone.</summary>
    Removed,
}

/// <summary>How long is waited at most. The time runs from the making of this object on, so that several waits can share it.</summary>
/// <param name="asked">The time; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
public sealed class WaitTime(TimeSpan asked)
{
    private readonly long deadline = asked == Timeout.InfiniteTimeSpan ? long.MaxValue : Environment.TickCount64 + (long)Math.Ceiling(asked.TotalMilliseconds);

    /// <summary>The time that was asked for.</summary>
    public TimeSpan Asked => asked;

    /// <summary>Whether it is over.</summary>
    public bool IsOver => deadline != long.MaxValue && Environment.TickCount64 >= deadline;

    /// <summary>What is left of it, for poll(2).</summary>
    /// <param name="most">Milliseconds at most.</param>
    /// <returns>Milliseconds.</returns>
    internal int Left(long most) => (int)(deadline == long.MaxValue ? most : Math.Clamp(deadline - Environment.TickCount64, 0, most));
}

/// <summary>
/// Waits for containers by the kernel's means: first processes by their pidfds, what others do by a watch on the folder of the record of events, to which
/// monitors and sessions append when it is done. What has happened is then looked up afresh.
/// </summary>
/// <param name="services">The engine's.</param>
/// <param name="observer">Tells states.</param>
/// <param name="end">Tells how a container has ended.</param>
internal sealed class ContainerWait(EngineServices services, ContainerObserver observer, ContainerEnd end)
{
    /// <summary>
    /// Milliseconds after which is looked again: where the folder cannot be watched (fs.inotify.max_user_instances), or a monitor is slow to say how its container has
    /// ended; and otherwise, since not all is told: a session may die before it can.
    /// </summary>
    private const long Tick = 100, SlowTick = 1000;

    /// <summary>Waits until the first of some containers has come to a condition.</summary>
    /// <param name="containers">The containers as they were seen.</param>
    /// <param name="condition">The condition.</param>
    /// <param name="time">How long at most.</param>
    /// <param name="whenImpossible">Told of each that cannot come to it any more, but for the last one, of which is thrown.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>That container.</returns>
    public ContainerSnapshot Wait(
        IReadOnlyList<ContainerSnapshot> containers, WaitCondition condition, WaitTime time, Action<EngineException> whenImpossible, CancellationToken cancellation)
    {
        // Before the first look, so that what comes after it is seen. Ends alone are told by the processes themselves.
        using FolderWatch? watch = condition == WaitCondition.Exited ? null : FolderWatch.TryOpen(services.Events.Folder, out _);
        long tick = watch is null && condition != WaitCondition.Exited ? Tick : SlowTick;
        using var wake = new WakeUp();
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(static w => ((WakeUp)w!).Set(), wake);
        List<Waiting> waiting = [.. containers.Select(container => new Waiting(container))];
        try
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                if (LookAtAll(waiting, condition, whenImpossible, cancellation) is { } met)
                {
                    return met;
                }

                if (time.IsOver)
                {
                    throw TooLate(waiting, condition, time.Asked);
                }

                Sleep(waiting, watch, wake, time.Left(waiting.Exists(static one => one.EndedAt is not null) ? Tick : tick));
            }
        }
        finally
        {
            waiting.ForEach(static one => one.Dispose());
        }
    }

    private static void Sleep(List<Waiting> waiting, FolderWatch? watch, WakeUp wake, int milliseconds)
    {
        PollEntry[] entries =
        [
            .. waiting.Select(one => new PollEntry(one.Process?.Number ?? -1, PollEvents.Readable)),
            new(watch?.Number ?? -1, PollEvents.Readable), new(wake.Number, PollEvents.Readable),
        ];
        bool isAll = !Channels.Poll(entries, milliseconds) || entries[^2].Returned != PollEvents.None;
        watch?.Clear();
        for (int i = 0; i < waiting.Count; i++)
        {
            waiting[i].IsToBeSeen = waiting[i].Process is null || entries[i].Returned != PollEvents.None || isAll;
        }
    }

    private static EngineException TooLate(List<Waiting> waiting, WaitCondition condition, TimeSpan timeout)
    {
        string name = waiting[0].Seen.Name;
        string within = $"within {timeout.TotalSeconds:0.###} s.";
        return new EngineException(
            EngineErrorReason.Timeout, name,
            waiting.Count > 1 ? $"None of {waiting.Count} containers has {Come(condition)} {within}" : $"The container '{name}' has not {Come(condition)} {within}");
    }

    /// <summary>What a container has done that has come to a condition.</summary>
    private static string Come(WaitCondition condition) => condition switch
    {
        WaitCondition.Running => "come to run",
        WaitCondition.Paused => "been suspended",
        WaitCondition.Healthy => "been found healthy",
        WaitCondition.Removed => "been removed",
        _ => "ended",
    };

    private ContainerSnapshot? LookAtAll(List<Waiting> waiting, WaitCondition condition, Action<EngineException> whenImpossible, CancellationToken cancellation)
    {
        foreach (Waiting one in waiting.Where(static one => one.IsToBeSeen).ToArray())
        {
            try
            {
                if (Look(one, condition, cancellation) is { } met)
                {
                    return met;
                }
            }
            catch (EngineException e) when (e.Reason is EngineErrorReason.Busy or EngineErrorReason.NotRunning or EngineErrorReason.NotFound && waiting.Count > 1)
            {
                _ = waiting.Remove(one);
                one.Dispose();
                whenImpossible(e);
            }
        }

        return null;
    }

    /// <summary>The container where it has come to the condition; null where that may still be.</summary>
    private ContainerSnapshot? Look(Waiting one, WaitCondition condition, CancellationToken cancellation)
    {
        ContainerSnapshot before = one.Seen;
        ContainerSnapshot? now = observer.Observe(before.Id);
        if (condition == WaitCondition.Exited)
        {
            return LookForEnd(one, now, cancellation);
        }

        if (now is null)
        {
            return condition == WaitCondition.Removed
                ? before
                : throw new EngineException(EngineErrorReason.NotFound, before.Name, $"The container '{before.Name}' was removed before it had {Come(condition)}.");
        }

        if (now.State == ContainerState.Creating && now.Reason == StateReason.None)
        {
            // Another session makes it, or removes it.
            return null;
        }

        one.Seen = now;
        bool isMet = condition switch
        {
            WaitCondition.Running => now is { State: ContainerState.Running, IsPaused: false },
            WaitCondition.Paused => now.IsPaused,
            WaitCondition.Healthy => now is { State: ContainerState.Running, Health.Status: HealthStatus.Healthy },
            _ => false,
        };
        if (isMet || condition == WaitCondition.Removed)
        {
            return isMet ? now : null;
        }

        if (condition == WaitCondition.Healthy && now.HealthCheck is null)
        {
            throw new EngineException(
                EngineErrorReason.Busy, now.Name, $"The container '{now.Name}' has no health check, so that it is never found healthy. One is given when it is made: -HealthCommand.");
        }

        if (now.State == ContainerState.Exited || now.Reason == StateReason.Incomplete)
        {
            string code = now.ExitCode is { } exitCode ? $" with the exit code {exitCode}" : string.Empty;
            throw new EngineException(
                EngineErrorReason.NotRunning, now.Name, $"The container '{now.Name}' has ended{code}, so that waiting for it to be {condition} is in vain. Start it: Start-Container {now.Name}");
        }

        one.Follow(OpenFirstProcess(now));
        return null;
    }

    private ContainerSnapshot? LookForEnd(Waiting one, ContainerSnapshot? now, CancellationToken cancellation)
    {
        ContainerSnapshot before = one.Seen;
        if (now is { State: ContainerState.Creating, Reason: StateReason.None })
        {
            return null;
        }

        if (now is { State: ContainerState.Created })
        {
            throw new EngineException(EngineErrorReason.NotRunning, now.Name, $"The container '{now.Name}' was never started, so that its end would never come.");
        }

        if (now is { State: ContainerState.Running } && (before.ProcessId is null || before.ProcessId == now.ProcessId))
        {
            one.Seen = now;
            one.Follow(OpenFirstProcess(now));
            if (one.Process is { } process && !Channels.WaitReadable(process, TimeSpan.Zero, cancellation))
            {
                one.EndedAt = null;
                return null;
            }
        }

        // It ended, or it is about to be said how. The others, and the time, are not to wait for a monitor that is stopped.
        if (end.TryAwaitRecord(one.Seen, TimeSpan.Zero, cancellation) is { } ended)
        {
            return ended;
        }

        one.Follow(null);
        one.EndedAt ??= Environment.TickCount64;
        return Environment.TickCount64 - one.EndedAt < ContainerEnd.PatienceWithRecord.TotalMilliseconds ? null : throw ContainerEnd.NotRecorded(one.Seen);
    }

    private FileDescriptor? OpenFirstProcess(ContainerSnapshot container) =>
        container.ProcessId is null ? null : services.Store.Records.Read(container.Id).TryOpenFirstProcess();

    /// <summary>A container that is waited for.</summary>
    private sealed class Waiting(ContainerSnapshot seen) : IDisposable
    {
        /// <summary>As it was seen last.</summary>
        public ContainerSnapshot Seen { get; set; } = seen;

        /// <summary>Its first process, where it runs.</summary>
        public FileDescriptor? Process { get; private set; }

        /// <summary>When its first process was seen to have ended without a word of its monitor's (<see cref="Environment.TickCount64"/>); null where it was not.</summary>
        public long? EndedAt { get; set; }

        /// <summary>Whether it may have changed since.</summary>
        public bool IsToBeSeen { get; set; } = true;

        /// <summary>Waits for this first process from now on.</summary>
        public void Follow(FileDescriptor? process)
        {
            Process?.Dispose();
            Process = process;
        }

        /// <inheritdoc/>
        public void Dispose() => Process?.Dispose();
    }
}
