using Containers.Interop;

namespace Containers.Engine.Logs;

/// <summary>The complete lines of a file from its end, as it was when it was opened, to its beginning.</summary>
/// <param name="segment">The file; stays the caller's.</param>
internal sealed class LogBackward(LogSegment segment)
{
    private const int BlockSize = 65536;

    private byte[] buffer = new byte[BlockSize];

    /// <summary>The buffer's bytes are the file's from <see cref="start"/> on; they end where the line to come ends.</summary>
    private int length;

    private long start = segment.Status.Size;
    private bool atBeginning;
    private bool hasTail;
    private long endOfLastLine;

    /// <summary>Where the last complete line ends, its newline included.</summary>
    /// <returns>An offset.</returns>
    /// <exception cref="KernelException">The file cannot be read.</exception>
    internal long EndOfLastLine()
    {
        if (!hasTail)
        {
            // What follows the last newline is no line yet.
            hasTail = true;
            _ = Collect(out endOfLastLine);
        }

        return endOfLastLine;
    }

    /// <summary>Goes on to the line before.</summary>
    /// <param name="line">The line without its newline, valid until the next call; empty where it is overlong.</param>
    /// <param name="offset">Where it begins.</param>
    /// <returns>False at the file's beginning.</returns>
    /// <exception cref="KernelException">The file cannot be read.</exception>
    internal bool Previous(out ReadOnlySpan<byte> line, out long offset)
    {
        _ = EndOfLastLine();
        if (atBeginning)
        {
            line = default;
            offset = 0;
            return false;
        }

        line = Collect(out offset);
        return true;
    }

    private ReadOnlySpan<byte> Collect(out long offset)
    {
        bool overlong = false;
        int unsearched = length;
        while (true)
        {
            int newline = buffer.AsSpan(0, unsearched).LastIndexOf((byte)'\n');
            if (newline >= 0 || start == 0)
            {
                ReadOnlySpan<byte> line = buffer.AsSpan(newline + 1, length - newline - 1);
                offset = start + newline + 1;
                atBeginning = newline < 0;
                length = Math.Max(newline, 0);
                return overlong || line.Length > LogLine.MaxLength ? default : line;
            }

            if (length > LogLine.MaxLength)
            {
                overlong = true;
                length = 0;
            }

            unsearched = ReadBlockBefore();
        }
    }

    private int ReadBlockBefore()
    {
        int count = (int)Math.Min(BlockSize, start);
        if (length + count > buffer.Length)
        {
            Array.Resize(ref buffer, buffer.Length * 2);
        }

        buffer.AsSpan(0, length).CopyTo(buffer.AsSpan(count));
        for (int done = 0; done < count;)
        {
            int read = Files.ReadAt(segment.File, buffer.AsSpan(done, count - done), start - count + done, "the container's log");
            if (read == 0)
            {
                // Someone truncated the file by hand: no line is there.
                buffer.AsSpan(done, count - done).Clear();
                break;
            }

            done += read;
        }

        length += count;
        start -= count;
        return count;
    }
}
