namespace Containers.Engine.Layers;

/// <summary>Sees the bytes of a stream as they pass.</summary>
/// <param name="bytes">The next bytes.</param>
internal delegate void ByteTap(ReadOnlySpan<byte> bytes);

/// <summary>The archive as it comes, compressed or not: counted, bounded, and shown to a tap on its way. The stream under it is read once.</summary>
/// <param name="archive">The archive; stays the caller's.</param>
/// <param name="limits">The bounds.</param>
/// <param name="tap">Sees every byte once, or null.</param>
/// <param name="cancellation">Ends the reading.</param>
internal sealed class ArchiveInput(Stream archive, ExtractionLimits limits, ByteTap? tap, CancellationToken cancellation) : SequentialStream
{
    private readonly byte[] buffer = new byte[256 * 1024];
    private int position;
    private int length;
    private long total;
    private bool isAtEnd;

    /// <summary>Bytes read of the archive so far. May be read by any thread.</summary>
    public long BytesRead => Interlocked.Read(ref total);

    /// <summary>The first bytes, left to be read.</summary>
    /// <param name="count">How many; fewer come at the end.</param>
    /// <returns>The bytes.</returns>
    public ReadOnlySpan<byte> Peek(int count)
    {
        while (length - position < count && Fill())
        {
        }

        return buffer.AsSpan(position, Math.Min(count, length - position));
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> destination)
    {
        if (position == length && !Fill())
        {
            return 0;
        }

        int count = Math.Min(destination.Length, length - position);
        buffer.AsSpan(position, count).CopyTo(destination);
        position += count;
        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <summary>Reads to the end, for what follows the last compressed byte.</summary>
    public void Drain()
    {
        do
        {
            position = length;
        }
        while (Fill());
    }

    private bool Fill()
    {
        if (isAtEnd)
        {
            return false;
        }

        if (position == length)
        {
            position = length = 0;
        }

        cancellation.ThrowIfCancellationRequested();
        int count;
        try
        {
            count = archive.Read(buffer, length, buffer.Length - length);
        }
        catch (IOException failure)
        {
            throw new EngineException(EngineErrorReason.Storage, "archive", $"Reading the archive failed: {failure.Message}.", failure);
        }

        isAtEnd = count == 0;
        if (Interlocked.Add(ref total, count) > limits.MaximumBytes)
        {
            throw ArchiveError.Limit($"it is longer than {ByteCount.Show(limits.MaximumBytes)}");
        }

        tap?.Invoke(buffer.AsSpan(length, count));
        length += count;
        return !isAtEnd;
    }
}
