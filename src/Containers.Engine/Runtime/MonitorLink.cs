using Containers.Engine.Runtime.Launch;
using Containers.Init.Plan;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Runtime;

/// <summary>A session's ends of what connects it with a container's monitor: the socket and, where attached, the pipes.</summary>
internal sealed class MonitorLink : IDisposable
{
    private readonly FileDescriptor socket;
    private readonly FileDescriptor? theirSocket;
    private readonly bool hasTerminal;
    private readonly (FileDescriptor Read, FileDescriptor Write)? input, output, error;
    private FileDescriptor? received;
    private FileDescriptor? pidDescriptor;

    /// <summary>Makes both ends.</summary>
    /// <param name="attach">Whether the session gets the output.</param>
    /// <param name="withInput">Whether the session feeds standard input.</param>
    /// <param name="hasTerminal">Whether the command has a terminal, which then is its input and its one output.</param>
    public MonitorLink(bool attach, bool withInput, bool hasTerminal)
    {
        this.hasTerminal = hasTerminal;
        (socket, theirSocket) = Channels.MakeSocketPair();
        input = withInput && !hasTerminal ? Channels.MakePipe() : null;
        output = attach ? Channels.MakePipe() : null;
        error = attach && !hasTerminal ? Channels.MakePipe() : null;
    }

    /// <summary>Makes the pipes for a session that attaches.</summary>
    /// <param name="socket">The connection to the monitor, from now on this object's.</param>
    /// <param name="hasTerminal">As above.</param>
    public MonitorLink(FileDescriptor socket, bool hasTerminal)
    {
        this.socket = socket;
        this.hasTerminal = hasTerminal;
        output = Channels.MakePipe();
        error = hasTerminal ? null : Channels.MakePipe();
    }

    /// <summary>The first process.</summary>
    public ProcessIdentity Process { get; private set; }

    /// <summary>The monitor's pid.</summary>
    public int MonitorProcessId { get; private set; }

    /// <summary>When the command began to run.</summary>
    public DateTimeOffset StartedAt { get; private set; }

    /// <summary>The pipe into the container's standard input; of a session that has attached, the one that the monitor keeps.</summary>
    public FileDescriptor? Input => input?.Write ?? (hasTerminal ? null : received);

    /// <summary>The container's standard output.</summary>
    public FileDescriptor? Output => output?.Read;

    /// <summary>The container's standard error.</summary>
    public FileDescriptor? Error => error?.Read;

    /// <summary>The other end of the command's terminal, once it has started; null where it has none.</summary>
    public FileDescriptor? Terminal => hasTerminal ? received : null;

    /// <summary>What the helper inherits for a command without records and log.</summary>
    public LaunchDescriptors TheirEnds() => new(theirSocket!.Number, null, null, input?.Read.Number, output?.Write.Number, error?.Write.Number, null);

    /// <summary>What the helper inherits.</summary>
    public LaunchDescriptors TheirEnds(FileDescriptor records, FileDescriptor log, FileDescriptor? handOver) => new(
        theirSocket!.Number, records.Number, log.Number, input?.Read.Number, output?.Write.Number, error?.Write.Number, handOver?.Number);

    /// <summary>Closes the helper's ends here, so that their end is noticed.</summary>
    public void CloseTheirEnds()
    {
        theirSocket?.Dispose();
        input?.Read.Dispose();
        output?.Write.Dispose();
        error?.Write.Dispose();
    }

    /// <summary>Asks the monitor to let this session attach; the answer is its next message.</summary>
    /// <param name="withInput">Whether the session wants the way to the input.</param>
    public void Attach(bool withInput)
    {
        var message = new SessionMessage { Kind = SessionMessage.Attach, Value1 = withInput ? 1 : 0 };

        // Where it has gone, the answer that does not come tells so.
        _ = error is { } second
            ? LocalSockets.TrySend(socket, message, output!.Value.Write, second.Write)
            : LocalSockets.TrySend(socket, message, output!.Value.Write);
        CloseTheirEnds();
    }

    /// <summary>Waits for the monitor's next message.</summary>
    /// <param name="patience">How long at most.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>False when the time is up.</returns>
    public bool Await(TimeSpan patience, CancellationToken cancellation) => Channels.WaitReadable(socket, patience, cancellation);

    /// <summary>Takes over what the monitor said.</summary>
    public void Started(SessionMessage message)
    {
        Process = new ProcessIdentity((int)message.Value1, message.Value2, ProcessIdentity.CurrentBootId);
        MonitorProcessId = (int)message.Value3;
        StartedAt = ContainerObserver.Time(message.Time);
        pidDescriptor = Process.TryOpen();
    }

    /// <summary>Waits for the monitor's next message; false where it is gone.</summary>
    public bool TryReceive(out SessionMessage message, CancellationToken cancellation)
    {
        _ = Channels.WaitReadable(socket, Timeout.InfiniteTimeSpan, cancellation);
        bool isThere = Channels.TryReceive(socket, out message, out FileDescriptor? descriptor);
        received ??= descriptor;
        return isThere;
    }

    /// <summary>Waits until the monitor has said that it has removed all cgroups; false where some are left, or where it is gone.</summary>
    public bool TryReceiveReleased() =>
        TryReceive(out SessionMessage message, CancellationToken.None) && message is { Kind: SessionMessage.Released, Value1: 0 };

    /// <summary>Waits until the monitor has said that all is released, or has gone.</summary>
    /// <param name="whenStarted">Called where the command has begun to run in the meantime.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public void ReceiveLast(Action<SessionMessage> whenStarted, CancellationToken cancellation)
    {
        try
        {
            while (TryReceive(out SessionMessage message, cancellation) && message.Kind is SessionMessage.Started or SessionMessage.Ended)
            {
                if (message.Kind == SessionMessage.Started)
                {
                    whenStarted(message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // What is left is found by its record.
        }
    }

    /// <summary>Waits until the monitor has nothing more to say: what it held is then released, and the end recorded.</summary>
    /// <param name="cancellation">Ends the waiting.</param>
    public void AwaitSilence(CancellationToken cancellation)
    {
        while (TryReceive(out _, cancellation))
        {
            // What it still says does not matter.
        }
    }

    /// <summary>Tells the monitor that the session has done all that was to be done.</summary>
    public void Acknowledge() => _ = Channels.TrySend(socket, new SessionMessage { Kind = SessionMessage.Acknowledged });

    /// <summary>Tells the monitor of a process that holds namespaces that it is not needed any more.</summary>
    public void Dismiss() => _ = Channels.TrySend(socket, new SessionMessage { Kind = SessionMessage.Ended });

    /// <summary>Sends a signal to the first process if it is still there.</summary>
    public void Signal(int signal)
    {
        if (pidDescriptor is { } process)
        {
            _ = Pidfd.TrySignal(process, signal);
        }
    }

    /// <summary>Sends a signal to the process group of the first process, which is its leader; to it alone where the kernel cannot (before Linux 6.9).</summary>
    public void SignalGroup(int signal)
    {
        if (pidDescriptor is { } process && Pidfd.TrySignalGroup(process, signal) == Errno.EINVAL)
        {
            _ = Pidfd.TrySignal(process, signal);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CloseTheirEnds();
        socket.Dispose();
        input?.Write.Dispose();
        output?.Read.Dispose();
        error?.Read.Dispose();
        pidDescriptor?.Dispose();
        received?.Dispose();
    }
}
