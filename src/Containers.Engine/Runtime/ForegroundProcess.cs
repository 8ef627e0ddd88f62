using Containers.Interop;

namespace Containers.Engine.Runtime;

/// <summary>
/// A command in a container, or in namespaces, that this session has started or attached to. Its output must be read to the end of both streams: a
/// reader that stops slows the command down. The streams are unbuffered ends of pipes, whose handles can be waited on with poll(2).
/// Disposing detaches; the command goes on.
/// </summary>
public abstract class ForegroundProcess : IDisposable
{
    /// <summary>
    /// The container that it runs in, as it was when the command started; once <see cref="WaitForExit"/> has come back from a container's own command, as it ended. Null where
    /// it runs in namespaces alone.
    /// </summary>
    public abstract ContainerSnapshot? Container { get; }

    /// <summary>The command's standard input; closing it gives end-of-file. Null where none was asked for.</summary>
    public abstract FileStream? StandardInput { get; }

    /// <summary>The standard output as raw bytes; of a command with a terminal, all that it shows.</summary>
    public abstract FileStream StandardOutput { get; }

    /// <summary>The standard error as raw bytes; null where the command has a terminal.</summary>
    public abstract FileStream? StandardError { get; }

    /// <summary>The other end of the command's terminal: what is written to it is typed, and its size is the terminal's. Null where it has none. Non-blocking.</summary>
    public virtual FileDescriptor? Terminal => null;

    /// <summary>Whether it is the container's own command, to which a session that has detached can attach again (<see cref="ContainerEngine.Attach"/>).</summary>
    public virtual bool CanBeRejoined => false;

    /// <summary>Whether the session has come to a command that ran before.</summary>
    public virtual bool IsRejoined => false;

    /// <summary>Whether the command is to go on when the session leaves, instead of being ended.</summary>
    public virtual bool IsLeftRunning { get => false; init => throw new NotSupportedException(); }

    /// <summary>Sends a signal to the command. Nothing happens where it has ended.</summary>
    /// <param name="signal">The signal's number.</param>
    public abstract void Signal(int signal);

    /// <summary>
    /// Waits for the end. Of a container's own command that this session has started it releases what the container held, and removes the container where that was asked for
    /// (<see cref="ContainerOptions.RemoveOnExit"/>).
    /// </summary>
    /// <param name="cancellation">Ends the waiting, not the command.</param>
    /// <returns>How it ended.</returns>
    public abstract ProcessEnd WaitForExit(CancellationToken cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Detaches.</summary>
    /// <param name="disposing">Whether called by <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}

/// <summary>How a command in a container ended.</summary>
/// <param name="ExitCode">Its exit code, 128 + signal where a signal ended it; null where it is not known.</param>
/// <param name="Signal">The signal that ended it, else null.</param>
/// <param name="Reason">What is particular about the end.</param>
/// <param name="StartedAt">When it began to run.</param>
/// <param name="FinishedAt">When it ended; null where it is not known.</param>
public sealed record ProcessEnd(int? ExitCode, int? Signal, StateReason Reason, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt);
