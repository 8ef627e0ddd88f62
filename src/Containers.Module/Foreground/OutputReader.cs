using Containers.Interop;

namespace Containers.Foreground;

/// <summary>One of a container's output streams, read when something is there, as lines or as bytes.</summary>
/// <param name="stream">The stream; null where there is none.</param>
/// <param name="isError">Whether it is standard error.</param>
/// <param name="asBytes">Whether it goes on as bytes instead of lines.</param>
/// <param name="file">Where it goes instead of to the pipeline, or null.</param>
internal sealed class OutputReader(FileStream? stream, bool isError, bool asBytes, Stream? file) : IDisposable
{
    private readonly LineDecoder? _decoder = asBytes || file is not null ? null : new();

    /// <summary>Whether more may come.</summary>
    public bool IsOpen { get; private set; } = stream is not null;

    /// <summary>What to wait for.</summary>
    public PollEntry Entry => new(IsOpen ? (int)stream!.SafeFileHandle.DangerousGetHandle() : -1, PollEvents.Readable);

    /// <summary>Reads what is there, after <see cref="Entry"/> has come, and passes it on.</summary>
    /// <param name="buffer">Room for it.</param>
    /// <param name="deliver">Told each piece.</param>
    public void Read(byte[] buffer, Action<OutputPiece> deliver)
    {
        var count = stream!.Read(buffer);
        if (count == 0)
        {
            // Closed before the last line is passed on: its reader may want no more.
            Dispose();
            if (_decoder?.Finish() is { } last)
            {
                deliver(new OutputPiece(isError, [last], null));
            }
        }
        else if (file is not null)
        {
            file.Write(buffer.AsSpan(0, count));
        }
        else if (_decoder is null)
        {
            deliver(new OutputPiece(isError, [], buffer[..count]));
        }
        else if (_decoder.Decode(buffer.AsSpan(0, count)) is { Count: > 0 } lines)
        {
            deliver(new OutputPiece(isError, lines, null));
        }
    }

    /// <summary>Reads no more; the container goes on writing to its log.</summary>
    public void Dispose()
    {
        IsOpen = false;
        stream?.Dispose();
        file?.Dispose();
    }
}
