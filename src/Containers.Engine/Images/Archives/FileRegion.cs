using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images.Archives;

/// <summary>A part of a file as a stream of its own. Reads are positional: any number of regions of one file are read at once.</summary>
/// <param name="file">The file; stays the caller's.</param>
/// <param name="offset">Where the part begins.</param>
/// <param name="length">Its bytes.</param>
internal sealed class FileRegion(SafeFileHandle file, long offset, long length) : Stream
{
    private long position;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override long Position
    {
        get => position;
        set => position = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, Math.Max(0, length - position));
        if (count == 0)
        {
            return 0;
        }

        count = RandomAccess.Read(file, buffer[..count], offset + position);
        position += count;
        return count > 0 ? count : throw new EndOfStreamException("The file became shorter while it was read.");
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Current => position,
        SeekOrigin.End => length,
        _ => 0,
    };

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
