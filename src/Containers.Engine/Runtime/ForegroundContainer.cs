namespace Containers.Engine.Runtime;

/// <summary>
/// A container that this session started and is attached to. Its output must be read to the end of both streams: a
/// reader that stops slows the container down. The streams are unbuffered ends of pipes, whose handles can be waited on with poll(2).
/// Disposing detaches; the container and its log go on.
/// </summary>
public abstract class ForegroundContainer : IDisposable
{
    /// <summary>The container as it was when it started.</summary>
    public abstract ContainerSnapshot Container { get; }

    /// <summary>The first process's standard input; closing it gives end-of-file. Null where none was asked for.</summary>
    public abstract FileStream? StandardInput { get; }

    /// <summary>The container's standard output as raw bytes.</summary>
    public abstract FileStream StandardOutput { get; }

    /// <summary>The container's standard error as raw bytes.</summary>
    public abstract FileStream StandardError { get; }

    /// <summary>Sends a signal to the first process. Nothing happens where it has ended.</summary>
    /// <param name="signal">The signal's number.</param>
    public abstract void Signal(int signal);

    /// <summary>
    /// Waits for the end, releases what the container held, and removes it where that was asked for
    /// (<see cref="ContainerOptions.RemoveOnExit"/>).
    /// </summary>
    /// <param name="cancellation">Ends the waiting, not the container.</param>
    /// <returns>The ended container.</returns>
    public abstract ContainerSnapshot WaitForExit(CancellationToken cancellation);

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
