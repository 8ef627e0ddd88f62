using Containers.Interop;

namespace Containers.Engine.Logs;

/// <summary>The complete lines of a file from an offset on.</summary>
/// <param name="segment">The file; stays the caller's.</param>
/// <param name="start">Where a line begins.</param>
/// <param name="limit">Where to stop, though the file may be longer.</param>
internal sealed class LogForward(LogSegment segment, long start, long limit)
{
    private long offset = start;
    private byte[] buffer = new byte[65536];
    private int begin;
    private int end;
    private bool skipping;

    /// <summary>Goes on to the next line. At the end it can be called again once more has been written.</summary>
    /// <param name="line">The line without its newline, valid until the next call; empty where it is overlong.</param>
    /// <returns>False at the end.</returns>
    /// <exception cref="KernelException">The file cannot be read.</exception>
    internal bool Next(out ReadOnlySpan<byte> line)
    {
        int searched = begin;
        while (true)
        {
            int newline = buffer.AsSpan(searched, end - searched).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                newline += searched;
                line = buffer.AsSpan(begin, newline - begin);
                offset += line.Length + 1;
                begin = newline + 1;
                line = skipping || line.Length > LogLine.MaxLength ? default : line;
                skipping = false;
                return true;
            }

            MakeRoom();
            searched = end;
            int count = Files.ReadAt(
                segment.File, buffer.AsSpan(end, (int)Math.Clamp(limit - offset - end, 0, buffer.Length - end)), offset + end, "the container's log");
            if (count == 0)
            {
                // Half a line is read again from its start: its writer takes it back when the disk is full, and writes another.
                end = 0;
                line = default;
                return false;
            }

            end += count;
        }
    }

    private void MakeRoom()
    {
        buffer.AsSpan(begin, end - begin).CopyTo(buffer);
        end -= begin;
        begin = 0;
        if (end > LogLine.MaxLength)
        {
            offset += end;
            end = 0;
            skipping = true;
        }
        else if (end == buffer.Length)
        {
            Array.Resize(ref buffer, buffer.Length * 2);
        }
    }
}
