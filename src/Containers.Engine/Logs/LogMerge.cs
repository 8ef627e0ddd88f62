using System.Diagnostics;
using Containers.Interop;

namespace Containers.Engine.Logs;

/// <summary>Reads several logs as one, sorted by the time of their records as far as they are written; on the caller's thread alone, so that nothing waits in queues.</summary>
internal static class LogMerge
{
    /// <summary>How long a log that had nothing is left alone while others have, since looking costs more than reading.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(50);

    /// <summary>Reads.</summary>
    /// <param name="sources">The logs.</param>
    /// <param name="query">Which records of each.</param>
    /// <param name="cancellation">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The records, each with its log's place among the sources.</returns>
    public static IEnumerable<(int Index, LogRecord Record)> Read(IReadOnlyList<LogSource> sources, LogQuery query, CancellationToken cancellation)
    {
        // Before the first look, so that what comes after it is seen. Where the system's watches are used up, the others are looked at now and then.
        using FolderWatch? watch = query.Follow && sources.Count > 0 ? FolderWatch.TryOpen(sources[0].Folder, out _) : null;
        var open = new List<OpenLog>();
        try
        {
            for (int i = 0; i < sources.Count; i++)
            {
                _ = i > 0 ? watch?.TryAdd(sources[i].Folder) : null;
                open.Add(new OpenLog(i, new LogReader(sources[i].Folder).Steps(sources[i].Folder, query, sources[i].HasEnded, cancellation).GetEnumerator()));
            }

            while (open.Count > 0)
            {
                for (int i = open.Count - 1; i >= 0; i--)
                {
                    if (!open[i].Fill())
                    {
                        open[i].Records.Dispose();
                        open.RemoveAt(i);
                    }
                }

                OpenLog? first = open.Where(static log => log.Head is not null).MinBy(static log => (log.Head!.Time, log.Index));
                if (first is not null)
                {
                    yield return (first.Index, first.Head!);
                    first.Head = null;
                }
                else if (open.Count > 0)
                {
                    LogReader.Wait(watch, cancellation);
                    open.ForEach(static log => log.EmptySince = null);
                }
            }
        }
        finally
        {
            open.ForEach(static log => log.Records.Dispose());
        }
    }

    /// <summary>A log that is being read.</summary>
    private sealed class OpenLog(int index, IEnumerator<LogRecord?> records)
    {
        public int Index { get; } = index;

        public IEnumerator<LogRecord?> Records { get; } = records;

        /// <summary>The next record; null where it has not been looked for, or where there is none at present.</summary>
        public LogRecord? Head { get; set; }

        public long? EmptySince { get; set; }

        /// <summary>Looks for the next record.</summary>
        /// <returns>False where none will come any more.</returns>
        public bool Fill()
        {
            if (Head is not null || (EmptySince is { } since && Stopwatch.GetElapsedTime(since) < Rest))
            {
                return true;
            }

            bool isOpen = Records.MoveNext();
            Head = isOpen ? Records.Current : null;
            EmptySince = Head is null ? Stopwatch.GetTimestamp() : null;
            return isOpen;
        }
    }
}

/// <summary>A log to be read with others.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="HasEnded">Whether nothing will be written to it any more.</param>
internal sealed record LogSource(FileDescriptor Folder, Func<bool> HasEnded);
