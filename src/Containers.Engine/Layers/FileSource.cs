using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Layers;

/// <summary>The pieces of a file from a place on, read by position: passing over content costs nothing.</summary>
/// <param name="file">The file; stays the caller's.</param>
/// <param name="start">Where the pieces begin.</param>
/// <param name="length">The file's length.</param>
/// <param name="cancellation">Ends the reading.</param>
internal sealed class FileSource(SafeFileHandle file, long start, long length, CancellationToken cancellation) : ChunkSource
{
    private readonly byte[] buffer = new byte[16 * 1024];
    private long position = start;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Next()
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            int count = RandomAccess.Read(file, buffer, position);
            position += count;
            return buffer.AsMemory(0, count);
        }
        catch (IOException failure)
        {
            throw ReadAheadSource.Translate(failure);
        }
    }

    /// <inheritdoc/>
    public override long Skip(long count)
    {
        // Never past the end: a cut archive must be seen as one.
        long skipped = Math.Max(0, Math.Min(count, length - position));
        position += skipped;
        return skipped;
    }
}
