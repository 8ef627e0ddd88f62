using Containers.Interop;

namespace Containers.Foreground;

/// <summary>A container's standard input, written when it takes something.</summary>
/// <param name="stream">The stream; null where the container has no input from here.</param>
internal sealed class InputWriter(FileStream? stream) : IDisposable
{
    // PIPE_BUF, pipe(7): a pipe that poll(2) finds writable takes that much without waiting.
    private const int WriteSize = 4096;

    private FileStream? _stream = stream;

    /// <summary>Whether the container may take more.</summary>
    public bool IsOpen => _stream is not null;

    /// <summary>What to wait for before more can be written.</summary>
    public PollEntry Entry => new(_stream is null ? -1 : (int)_stream.SafeFileHandle.DangerousGetHandle(), PollEvents.Writable);

    /// <summary>Writes the beginning of some input, after <see cref="Entry"/> has come.</summary>
    /// <param name="input">The input.</param>
    /// <returns>How many bytes were taken; all of them where the container reads no more, as native commands drop them in silence too.</returns>
    public int Write(ReadOnlySpan<byte> input)
    {
        var count = Math.Min(input.Length, WriteSize);
        try
        {
            _stream?.Write(input[..count]);
            return count;
        }
        catch (IOException)
        {
            // EPIPE: the container has ended or closed its input.
            Dispose();
            return input.Length;
        }
    }

    /// <summary>Gives the container end-of-file.</summary>
    public void Dispose()
    {
        _stream?.Dispose();
        _stream = null;
    }
}
