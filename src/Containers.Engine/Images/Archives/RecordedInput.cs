using Containers.Engine.Layers;

namespace Containers.Engine.Images.Archives;

/// <summary>A stream that can be read once, made readable again from its beginning as long as its beginning is recorded: in memory, then in a nameless file.</summary>
/// <param name="archive">The stream; stays the caller's.</param>
/// <param name="makeSpool">Makes a nameless file on the store's disk.</param>
/// <param name="cancellation">Ends a read that waits, as for a pipe into which nobody writes. The stream is then not to be read any more.</param>
internal sealed class RecordedInput(Stream archive, Func<FileStream> makeSpool, CancellationToken cancellation) : SequentialStream
{
    private const int MostInMemory = 4 << 20;
    private readonly byte[] buffer = new byte[256 * 1024];
    private Stream? record = new MemoryStream();
    private bool isReplaying;

    /// <summary>Records no more; what was is dropped.</summary>
    public void Forget()
    {
        record?.Dispose();
        record = null;
    }

    /// <summary>Goes back to the beginning: what was recorded is read again, then the rest for the first time.</summary>
    public void Rewind()
    {
        isReplaying = true;
        record!.Position = 0;
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> destination)
    {
        if (isReplaying && record is not null)
        {
            int replayed = record.Read(destination);
            if (replayed > 0 || destination.IsEmpty)
            {
                return replayed;
            }

            Forget();
        }

        Memory<byte> room = buffer.AsMemory(0, Math.Min(destination.Length, buffer.Length));
        Task<int> read = archive.ReadAsync(room, CancellationToken.None).AsTask();
        if (!read.IsCompleted)
        {
            // read(2) cannot be interrupted: it is left to a thread of the pool, which has this buffer to itself.
            WaitHandle.WaitAny([((IAsyncResult)read).AsyncWaitHandle, cancellation.WaitHandle]);
            cancellation.ThrowIfCancellationRequested();
        }

        int count = read.GetAwaiter().GetResult();
        buffer.AsSpan(0, count).CopyTo(destination);
        if (record is not null)
        {
            Record(buffer.AsSpan(0, count));
        }

        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] destination, int offset, int count) => Read(destination.AsSpan(offset, count));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Forget();
        }

        base.Dispose(disposing);
    }

    private void Record(ReadOnlySpan<byte> bytes)
    {
        if (record is MemoryStream memory && memory.Length + bytes.Length > MostInMemory)
        {
            FileStream spool = makeSpool();
            record = spool;
            memory.WriteTo(spool);
            memory.Dispose();
        }

        record!.Write(bytes);
    }
}
