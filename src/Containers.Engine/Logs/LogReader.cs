using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Logs;

/// <summary>
/// Reads a container's log: files in Docker's json-file format, container.log.N to container.log.1 and then container.log, while their writer
/// may append and rotate. A file is held open and read to its end before the next is opened, so a rotation neither loses nor repeats a record;
/// only a follower that is so slow that a file is removed before it gets there misses that file. A last line without a newline is its writer's
/// work in progress and is left out until it is complete. A damaged line (no JSON object with <c>log</c> and <c>time</c>, or longer than
/// 1 MiB) is skipped, and <see cref="SkippedLines"/> counts it.
/// </summary>
internal sealed class LogReader
{
    /// <summary>How long a follower sleeps at most before it looks whether the container has ended.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly Func<FileDescriptor?> openFolder;

    /// <summary>A reader of the log in a folder.</summary>
    /// <param name="folder">The folder's path; a folder that is not there is a log without records.</param>
    internal LogReader(string folder) => openFolder = () => Open(folder);

    /// <summary>A reader of the log in a folder.</summary>
    /// <param name="folder">The folder's descriptor; stays the caller's.</param>
    internal LogReader(FileDescriptor folder) => openFolder = folder.Duplicate;

    /// <summary>The damaged lines met so far.</summary>
    internal int SkippedLines { get; private set; }

    /// <summary>Reads records, oldest first.</summary>
    /// <param name="query">
    /// Which ones. Its tail counts records that the times let through: a line of more than 16 KiB is several. Without follow, what is
    /// there when the enumeration begins is read, and no more.
    /// </param>
    /// <param name="ended">
    /// Asked by a follower: whether nothing will be written any more. Once it says so, the rest is read and the enumeration ends. It ends too
    /// when the query's end of time has passed.
    /// </param>
    /// <param name="cancellation">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The records.</returns>
    /// <exception cref="EngineException">The log's folder or one of its files cannot be opened.</exception>
    /// <exception cref="KernelException">Reading an open file failed.</exception>
    internal IEnumerable<LogRecord> Read(LogQuery query, Func<bool> ended, CancellationToken cancellation)
    {
        using FileDescriptor? folder = openFolder();
        if (folder is null)
        {
            yield break;
        }

        // Before the first look, so that what comes after it is seen.
        using FolderWatch? watch = query.Follow ? FolderWatch.TryOpen(folder, out _) : null;
        foreach (LogRecord? record in Steps(folder, query, ended, cancellation))
        {
            if (record is null)
            {
                Wait(watch, cancellation);
            }
            else
            {
                yield return record;
            }
        }
    }

    /// <summary>As <see cref="Read"/>, for a caller that waits itself.</summary>
    /// <param name="folder">The folder; stays the caller's.</param>
    /// <param name="query">Which ones.</param>
    /// <param name="ended">Whether nothing will be written any more.</param>
    /// <param name="cancellation">Ends the enumeration.</param>
    /// <returns>The records; null each time that there is none at present.</returns>
    internal IEnumerable<LogRecord?> Steps(FileDescriptor folder, LogQuery query, Func<bool> ended, CancellationToken cancellation)
    {
        var files = new LogFolder(folder);
        var segments = new Queue<LogSegment>(files.OpenAll());
        bool isAllNew = segments.Count == 0;
        while (query.Follow && segments.Count == 0)
        {
            cancellation.ThrowIfCancellationRequested();
            bool over = ended();
            segments = new Queue<LogSegment>(files.OpenAll());
            if (over && segments.Count == 0)
            {
                yield break;
            }

            if (segments.Count == 0)
            {
                yield return null;
            }
        }

        LogSegment? current = null;
        try
        {
            // A tail counts back from the moment of asking: what came after it is not to be skipped.
            long offset = isAllNew ? 0 : SkipToTail(segments, query);
            while (segments.TryDequeue(out LogSegment? next))
            {
                current?.Dispose();
                current = next;
                bool isLast = segments.Count == 0;
                var lines = new LogForward(current, offset, isLast && !query.Follow ? current.Status.Size : long.MaxValue);
                offset = 0;
                do
                {
                    cancellation.ThrowIfCancellationRequested();
                    bool over = !query.Follow || ended() || query.Until < DateTimeOffset.UtcNow;
                    while (NextRecord(lines, query) is { } record)
                    {
                        yield return record;
                        cancellation.ThrowIfCancellationRequested();
                    }

                    if (isLast && query.Follow && files.OpenNext(current) is { } successor)
                    {
                        // The writer has left this file: what it wrote between the last look and now is the file's rest.
                        segments.Enqueue(successor);
                        isLast = false;
                    }
                    else if (!isLast || over)
                    {
                        break;
                    }
                    else
                    {
                        yield return null;
                    }
                }
                while (true);
            }
        }
        finally
        {
            current?.Dispose();
            foreach (LogSegment segment in segments)
            {
                segment.Dispose();
            }
        }
    }

    private static FileDescriptor? Open(string path)
    {
        FileDescriptor? folder = Files.TryOpen(Files.CurrentFolder, path, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out Errno errno);
        return folder is not null || errno == Errno.ENOENT
            ? folder
            : throw new EngineException(
                EngineErrorReason.Storage, path, $"The container's log cannot be read: opening '{path}': {KernelException.Describe(errno)}.", errno);
    }

    /// <summary>Waits for a change, not for long.</summary>
    internal static void Wait(FolderWatch? watch, CancellationToken cancellation)
    {
        if (watch is null)
        {
            _ = cancellation.WaitHandle.WaitOne(Tick);
        }
        else
        {
            _ = watch.Wait(Tick);
        }
    }

    private static bool Matches(LogRecord record, LogQuery query) =>
        !(record.Time < query.Since) && !(record.Time > query.Until);

    private LogRecord? NextRecord(LogForward lines, LogQuery query)
    {
        while (lines.Next(out ReadOnlySpan<byte> line))
        {
            if (!LogLine.TryParse(line, out LogRecord? record))
            {
                SkippedLines++;
            }
            else if (Matches(record, query))
            {
                return record;
            }
        }

        return null;
    }

    /// <summary>Takes the files before the last records' away, and finds where in the first of the rest they begin.</summary>
    private static long SkipToTail(Queue<LogSegment> segments, LogQuery query)
    {
        if (query.Tail is not { } tail || segments.Count == 0)
        {
            return 0;
        }

        LogSegment[] all = [.. segments];
        int index = all.Length;
        long offset = 0;
        bool found = false;
        while (!found && index > 0)
        {
            index--;
            var lines = new LogBackward(all[index]);
            offset = tail <= 0 ? lines.EndOfLastLine() : 0;
            found = tail <= 0;
            while (!found && lines.Previous(out ReadOnlySpan<byte> line, out long begin))
            {
                offset = begin;
                found = LogLine.TryParse(line, out LogRecord? record) && Matches(record, query) && --tail == 0;
            }
        }

        for (; index > 0; index--)
        {
            segments.Dequeue().Dispose();
        }

        return offset;
    }
}
