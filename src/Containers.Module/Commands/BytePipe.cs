using System.Collections.Concurrent;
using System.Management.Automation;

namespace Containers.Commands;

/// <summary>
/// Bytes on their way between the pipeline's thread and the engine's, a bounded number at once: who is slower slows the other. The engine's side is a
/// stream, the pipeline's side hands over and takes pieces, never waiting longer than it wants to.
/// </summary>
/// <param name="stopping">Ends the engine's waiting.</param>
internal sealed class BytePipe(CancellationToken stopping) : Stream
{
    /// <summary>The bytes of a piece that the engine wrote, but for the last.</summary>
    private const int PieceSize = 64 * 1024;

    private const int Pieces = 16;

    private readonly BlockingCollection<byte[]> _pieces = new(Pieces);
    private byte[] _current = [];
    private int _position;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The bytes of an object of the pipeline, as Get-Content -AsByteStream gives them.</summary>
    /// <param name="value">The object.</param>
    /// <returns>Its bytes; null where it is something else.</returns>
    public static byte[]? BytesOf(object value) => value switch
    {
        byte[] bytes => bytes,
        byte single => [single],
        object[] { Length: > 0 } several when Array.TrueForAll(several, static one => one is byte or PSObject { BaseObject: byte }) =>
            Array.ConvertAll(several, static one => one is PSObject wrapped ? (byte)wrapped.BaseObject : (byte)one),
        _ => null,
    };

    /// <summary>Hands over a piece.</summary>
    /// <param name="piece">The piece, not to be changed any more.</param>
    /// <param name="patience">How long to wait for room.</param>
    /// <returns>False where there was none.</returns>
    public bool TryAdd(byte[] piece, TimeSpan patience) => piece.Length == 0 || _pieces.TryAdd(piece, patience);

    /// <summary>Takes a piece.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="patience">How long to wait for one.</param>
    /// <returns>False where none came.</returns>
    public bool TryTake(out byte[]? piece, TimeSpan patience) => _pieces.TryTake(out piece, patience);

    /// <summary>Whether nothing is left and nothing more comes.</summary>
    public bool IsFinished => _pieces.IsCompleted;

    /// <summary>Says that nothing more comes.</summary>
    public void Complete() => _pieces.CompleteAdding();

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (_position == _current.Length)
        {
            _position = 0;
            if (!_pieces.TryTake(out var next, Timeout.Infinite, stopping))
            {
                _current = [];
                return 0;
            }

            _current = next;
        }

        var count = Math.Min(buffer.Length, _current.Length - _position);
        _current.AsSpan(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (_current.Length == 0)
            {
                _current = new byte[PieceSize];
            }

            var count = Math.Min(buffer.Length, _current.Length - _position);
            buffer[..count].CopyTo(_current.AsSpan(_position));
            _position += count;
            buffer = buffer[count..];
            if (_position == _current.Length)
            {
                Flush();
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Hands over what was written.</summary>
    public override void Flush()
    {
        if (_position > 0)
        {
            _pieces.Add(_position == _current.Length ? _current : _current[.._position], stopping);
            (_current, _position) = ([], 0);
        }
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _pieces.Dispose();
        }

        base.Dispose(disposing);
    }
}
