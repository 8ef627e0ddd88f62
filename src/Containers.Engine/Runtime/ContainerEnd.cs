using System.Globalization;
using Containers.Engine.Cgroups;
using Containers.Engine.Events;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Runtime;

/// <summary>Ends containers, and waits for their ends. <see cref="ContainerRemoval"/> does what comes after.</summary>
/// <param name="services">The engine's.</param>
/// <param name="observer">Tells states.</param>
/// <param name="waiting">Ends the waiting for starts by restart policy.</param>
internal sealed class ContainerEnd(EngineServices services, ContainerObserver observer, RestartWaiting waiting)
{
    /// <summary>How long a monitor may take to say how its container has ended.</summary>
    public static readonly TimeSpan PatienceWithRecord = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan PatienceAfterKill = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PatienceWithMonitor = TimeSpan.FromSeconds(2);

    /// <summary>Sends a signal to the first process.</summary>
    public void Signal(string id, int signal)
    {
        ContainerDocument? document = services.Store.Records.Read(id).Document;
        bool isEnd = signal == LibC.SIGKILL || signal == document?.StopSignal;
        using FileDescriptor? process = OpenFirstProcess(id);
        if (process is null)
        {
            if (isEnd && observer.Observe(id)?.State == ContainerState.Restarting)
            {
                _ = Stop(id, signal, PatienceAfterKill, StopCause.User, CancellationToken.None);
                return;
            }

            string name = document?.Name ?? id[..12];
            throw new EngineException(EngineErrorReason.NotRunning, name, $"The container '{name}' is not running, so that no signal can be sent to it. Start it first: Start-Container {name}");
        }

        if (isEnd && document?.Options.RemoveOnExit == false)
        {
            services.Store.Records.MarkStopped(id, StopCause.User);
        }

        if (signal == LibC.SIGKILL)
        {
            // Which is never refused, and whose end may be told within the same moment.
            TellSignal(document, signal);
        }

        Errno errno = Pidfd.TrySignal(process, signal);
        if (signal == LibC.SIGKILL)
        {
            Thaw(id);
        }

        if (errno is not (Errno.None or Errno.ESRCH))
        {
            throw new EngineException(
                errno == Errno.EINVAL ? EngineErrorReason.InvalidArgument : EngineErrorReason.PermissionDenied, id,
                $"The signal {signal} cannot be sent to the container '{id}': {KernelException.Describe(errno)}.", errno);
        }

        if (signal != LibC.SIGKILL)
        {
            TellSignal(document, signal);
        }
    }

    /// <summary>Kills a container of which nobody has said that it is to end: what its restart policy does then is its own.</summary>
    /// <param name="id">The container.</param>
    /// <param name="life">Its first process; where that has ended, nothing is done.</param>
    public void Fail(string id, ProcessIdentity life)
    {
        using FileDescriptor? process = life.TryOpen();
        if (process is not null)
        {
            TellSignal(services.Store.Records.Read(id).Document, LibC.SIGKILL);
            _ = Pidfd.TrySignal(process, LibC.SIGKILL);
            Thaw(id);
        }
    }

    /// <summary>Asks a container to end, and kills it where it has not in time. Its restart policy does not start it again.</summary>
    /// <param name="id">The container.</param>
    /// <param name="signal">The signal; null for the container's own.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="cause">Why.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <param name="life">The first process of the one life that is meant, after whose end nothing is done; null for whatever it lives.</param>
    public ContainerSnapshot Stop(string id, int? signal, TimeSpan timeout, StopCause cause, CancellationToken cancellation, ProcessIdentity? life = null)
    {
        bool isMarked = life is { } meant && TryMark(id, meant, cause, cancellation);
        ContainerSnapshot before = observer.Observe(id) ?? throw ContainerStore.NotFound(id);
        if (life is { } one && (!isMarked || (before.State == ContainerState.Running && before.ProcessId != one.Pid)))
        {
            return before;
        }

        bool isStartedAgain = before.CanBeStartedAgain && cause != StopCause.Health;
        if (life is null && !before.Options.RemoveOnExit
            && (before.State == ContainerState.Running || (isStartedAgain && before.State is ContainerState.Exited or ContainerState.Restarting)))
        {
            services.Store.Records.MarkStopped(id, cause);
        }

        ContainerSnapshot ended = StopLife(before, signal, timeout, cancellation, life);
        bool isRunningAgain = false;
        while (isStartedAgain && waiting.End(id, cancellation))
        {
            isRunningAgain = true;
            ended = StopLife(observer.Observe(id) ?? before, signal, timeout, cancellation);
        }

        if (before.State != ContainerState.Restarting)
        {
            return ended;
        }

        if (!isRunningAgain && services.Store.Records.Read(id).Document is { } document)
        {
            services.Events.Write(EventAction.Stop, document);
        }

        return observer.Observe(id) ?? ended with { State = ContainerState.Exited };
    }

    /// <summary>Marks a container as stopped where it lives that life: in this moment nobody can start it.</summary>
    /// <returns>Whether it does.</returns>
    private bool TryMark(string id, ProcessIdentity life, StopCause cause, CancellationToken cancellation)
    {
        using ContainerLock held = services.Store.Lock(id, cancellation);
        ContainerRecords records = services.Store.Records.Read(id);
        bool isMeant = records is { Document: not null, Running: { } running, IsRunning: true } && ContainerObserver.FirstProcess(running) == life;
        if (isMeant && cause != StopCause.Health && !records.Document!.Options.RemoveOnExit)
        {
            services.Store.Records.MarkStopped(id, cause);
        }

        return isMeant;
    }

    private ContainerSnapshot StopLife(ContainerSnapshot before, int? signal, TimeSpan timeout, CancellationToken cancellation, ProcessIdentity? life = null)
    {
        string id = before.Id;
        using FileDescriptor? process = life is { } meant ? meant.TryOpen() : OpenFirstProcess(id);
        if (process is null)
        {
            // Not running; or it ended a moment ago, and its monitor is about to say how.
            return AwaitRecord(before, cancellation);
        }

        ContainerDocument? document = services.Store.Records.Read(id).Document;
        int asked = signal ?? document?.StopSignal ?? LibC.SIGKILL;

        // Before it is sent: its monitor may tell the end within the same moment.
        TellSignal(document, asked);
        _ = Pidfd.TrySignal(process, asked);

        // Frozen while nobody makes an image of it: a session died over that. Only once it is thawed the signal arrives.
        using (ContainerLock? free = services.Store.TryLock(id))
        {
            if (free is not null)
            {
                Thaw(id);
            }
        }

        if (!Channels.WaitReadable(process, timeout, cancellation))
        {
            Kill(id, process, cancellation);
            TellSignal(document, LibC.SIGKILL);
        }

        ContainerSnapshot ended = AwaitRecord(before, cancellation);
        if (document is not null)
        {
            services.Events.Write(EventAction.Stop, document);
        }

        return ended;
    }

    /// <summary>Kills a running container's first process, and its monitor where that does not say in time how it ended: for a container that is removed.</summary>
    /// <param name="running">The container.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public void KillWithMonitor(ContainerSnapshot running, CancellationToken cancellation)
    {
        string id = running.Id;
        using FileDescriptor? process = OpenFirstProcess(id);
        if (process is not null)
        {
            TellSignal(services.Store.Records.Read(id).Document, LibC.SIGKILL);
            Kill(id, process, cancellation);
        }

        if (TryAwaitRecord(running, PatienceWithMonitor, cancellation) is null)
        {
            // Stopped, as by a signal to its whole process group: what it would say is not needed any more.
            using FileDescriptor? monitor = services.Store.Records.Read(id).Running is { } record ? ContainerObserver.Monitor(record).TryOpen() : null;
            if (monitor is not null)
            {
                Kill(id, monitor, cancellation);
            }
        }
    }

    /// <summary>The process is gone: waits the moment until its monitor has said how.</summary>
    public ContainerSnapshot AwaitRecord(ContainerSnapshot before, CancellationToken cancellation) =>
        TryAwaitRecord(before, PatienceWithRecord, cancellation) ?? throw NotRecorded(before);

    /// <summary>The error where a monitor has not said within <see cref="PatienceWithRecord"/> how its container has ended.</summary>
    public static EngineException NotRecorded(ContainerSnapshot before) => new(
        EngineErrorReason.Busy, before.Name,
        $"The container '{before.Name}' has ended, but its monitor has not said how within {PatienceWithRecord.TotalSeconds} s: it is stopped or starved. "
        + $"Let it go on (kill -CONT {before.MonitorProcessId}), or remove the container: Remove-Container -Force {before.Name}");

    private void TellSignal(ContainerDocument? document, int signal)
    {
        if (document is not null)
        {
            services.Events.Write(EventAction.Kill, document, ("signal", signal.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private FileDescriptor? OpenFirstProcess(string id) => services.Store.Records.Read(id).TryOpenFirstProcess();

    private void Kill(string id, FileDescriptor process, CancellationToken cancellation)
    {
        _ = Pidfd.TrySignal(process, LibC.SIGKILL);
        Thaw(id);
        if (!Channels.WaitReadable(process, PatienceAfterKill, cancellation))
        {
            throw new EngineException(
                EngineErrorReason.Timeout, id,
                $"The container '{id}' has not ended within {PatienceAfterKill.TotalSeconds} s of SIGKILL; a process in it waits for a device or a file system.");
        }
    }

    /// <summary>On cgroup v1 a frozen process dies only once it is thawed; a session that died while it made an image of the container may have left it frozen.</summary>
    private void Thaw(string id)
    {
        using ContainerCgroup? cgroup = services.Cgroups.Open(id);
        cgroup?.ThawIfFrozen();
    }

    /// <summary>As <see cref="AwaitRecord"/>; null where the monitor says nothing in time.</summary>
    public ContainerSnapshot? TryAwaitRecord(ContainerSnapshot before, TimeSpan patience, CancellationToken cancellation)
    {
        long deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        while (true)
        {
            ContainerSnapshot? now = observer.Observe(before.Id);
            if (now is null || (now.State == ContainerState.Creating && before.State != ContainerState.Creating))
            {
                // Removed at its end before it could be asked, or about to be gone: the document goes first.
                return before with { State = ContainerState.Exited, ProcessId = null, MonitorProcessId = null };
            }

            if (now.State != ContainerState.Running)
            {
                return now;
            }

            if (before.ProcessId is not null && now.ProcessId != before.ProcessId)
            {
                // Another session has started it anew, and the record of the life that was waited for is gone.
                return before with { State = ContainerState.Exited, IsPaused = false, ProcessId = null, MonitorProcessId = null };
            }

            if (Environment.TickCount64 > deadline)
            {
                return null;
            }

            cancellation.ThrowIfCancellationRequested();
            Thread.Sleep(1);
        }
    }
}
