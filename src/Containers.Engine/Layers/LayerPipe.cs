using System.IO.Pipelines;
using Containers.Interop;

namespace Containers.Engine.Layers;

/// <summary>
/// A layer as it is being written, to be read at the same time: a thread of its own writes it, at most <see cref="Ahead"/> bytes ahead of the reader. A failure of the
/// writing is the reader's. Disposed, the writing has ended.
/// </summary>
internal sealed class LayerPipe : SequentialStream
{
    private const int Ahead = 4 << 20;
    private readonly Pipe pipe = new(new PipeOptions(pauseWriterThreshold: Ahead, resumeWriterThreshold: Ahead / 2, minimumSegmentSize: 64 * 1024, useSynchronizationContext: false));
    private readonly CancellationTokenSource ending;
    private readonly Stream reader;
    private readonly Task writing;

    /// <summary>Starts to write.</summary>
    /// <param name="root">The tree's root; open until this object is disposed.</param>
    /// <param name="options">How.</param>
    /// <param name="written">Called on the writing thread once all is written, or writing failed: the tree is not read any more.</param>
    /// <param name="cancellation">Ends it.</param>
    public LayerPipe(FileDescriptor root, LayerWriteOptions options, Action written, CancellationToken cancellation)
        : this((output, ending) => _ = LayerWriter.Write(root, output, options, ending), written, cancellation)
    {
    }

    /// <summary>Starts to write.</summary>
    /// <param name="write">Writes to a stream that it leaves open.</param>
    /// <param name="written">Called on the writing thread once all is written, or writing failed.</param>
    /// <param name="cancellation">Ends it.</param>
    public LayerPipe(Action<Stream, CancellationToken> write, Action written, CancellationToken cancellation)
    {
        ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        reader = pipe.Reader.AsStream();
        writing = Task.Factory.StartNew(() => Write(write, written), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => reader.Read(buffer, offset, count);

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer) => reader.Read(buffer);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            ending.Cancel();
            pipe.Reader.Complete();
            writing.Wait(CancellationToken.None);
            ending.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Write(Action<Stream, CancellationToken> write, Action written)
    {
        Exception? failure = null;
        try
        {
            write(pipe.Writer.AsStream(leaveOpen: true), ending.Token);
        }
        catch (Exception e)
        {
            failure = e;
        }

        try
        {
            written();
        }
        catch (Exception e) when (e is EngineException or KernelException)
        {
            failure ??= e;
        }

        pipe.Writer.Complete(failure);
    }
}
