using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Foreground;

/// <summary>A command's standard input, written when it takes something.</summary>
/// <param name="process">The command; one that has no input from here has none.</param>
internal sealed class InputWriter(ForegroundProcess process) : IDisposable
{
    // PIPE_BUF, pipe(7): a pipe that poll(2) finds writable takes that much without waiting. A terminal takes what it has room for.
    private const int WriteSize = 4096;

    private readonly FileStream? _pipe = process.StandardInput;

    /// <summary>Whether the command may take more.</summary>
    public bool IsOpen { get; private set; } = process.StandardInput is not null || process.Terminal is not null;

    /// <summary>What to wait for before more can be written.</summary>
    public PollEntry Entry => new(IsOpen ? _pipe is null ? process.Terminal!.Number : (int)_pipe.SafeFileHandle.DangerousGetHandle() : -1, PollEvents.Writable);

    /// <summary>Writes the beginning of some input, after <see cref="Entry"/> has come.</summary>
    /// <param name="input">The input.</param>
    /// <returns>How many bytes were taken; all of them where the command reads no more, as native commands drop them in silence too.</returns>
    public int Write(ReadOnlySpan<byte> input)
    {
        if (!IsOpen)
        {
            return input.Length;
        }

        var piece = input[..Math.Min(input.Length, WriteSize)];
        try
        {
            if (_pipe is null)
            {
                return Files.TryWrite(process.Terminal!, piece, out var count) is Errno.None or Errno.EAGAIN or Errno.EINTR ? count : throw new IOException();
            }

            _pipe.Write(piece);
            return piece.Length;
        }
        catch (IOException)
        {
            // EPIPE, EIO: the command has ended or closed its input.
            Dispose();
            return input.Length;
        }
    }

    /// <summary>Gives the command end-of-file; a terminal has none.</summary>
    public void Dispose()
    {
        IsOpen = false;
        _pipe?.Dispose();
    }
}
