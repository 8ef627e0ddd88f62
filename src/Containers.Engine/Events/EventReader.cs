using Containers.Engine.Logs;
using Containers.Interop;

namespace Containers.Engine.Events;

/// <summary>
/// Reads the record of events while others append and rotate. A writer may have opened a file just before it was rotated: so the last file but one is read
/// on, too, until another rotation takes it away.
/// </summary>
/// <param name="folder">The record's folder; stays the caller's.</param>
internal sealed class EventReader(FileDescriptor folder)
{
    private const int FilesKept = 2;

    /// <summary>How long a follower sleeps at most before it looks at the clock and at the cancellation.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly LogFolder files = new(folder, EventLog.FileName);

    /// <summary>Names that containers got after their monitors had learned the ones before.</summary>
    private readonly Dictionary<string, string> renamed = new(StringComparer.Ordinal);

    /// <summary>Reads events in the order in which they were recorded, following until the query's end of time.</summary>
    /// <param name="query">Which ones.</param>
    /// <param name="cancellation">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The events.</returns>
    public IEnumerable<ContainerEvent> Read(EventQuery query, CancellationToken cancellation)
    {
        // Before the first look, so that what comes after it is seen.
        using FolderWatch? watch = FolderWatch.TryOpen(folder, out _);
        var open = new List<OpenFile>();
        try
        {
            bool isPastAsked = query.Since is not null || query.Until is not null;
            foreach (LogSegment segment in files.OpenAll())
            {
                open.Add(new OpenFile(segment, new LogBackward(segment).EndOfLastLine()));
            }

            foreach (OpenFile past in open)
            {
                while (Next(past.Before, skip: !isPastAsked) is { } happened)
                {
                    cancellation.ThrowIfCancellationRequested();
                    if (isPastAsked && IsWithin(happened, query))
                    {
                        yield return happened;
                    }
                }
            }

            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                bool isOver = query.Until < DateTimeOffset.UtcNow;
                OpenNew(open);
                foreach (OpenFile file in open)
                {
                    while (Next(file.After, skip: false) is { } happened)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        if (IsWithin(happened, query))
                        {
                            yield return happened;
                        }
                    }
                }

                for (; open.Count > FilesKept; open.RemoveAt(0))
                {
                    open[0].Segment.Dispose();
                }

                if (isOver)
                {
                    yield break;
                }

                if (watch is null)
                {
                    _ = cancellation.WaitHandle.WaitOne(Tick);
                }
                else
                {
                    _ = watch.Wait(Tick);
                }
            }
        }
        finally
        {
            open.ForEach(static file => file.Segment.Dispose());
        }
    }

    private static bool IsWithin(ContainerEvent happened, EventQuery query) => !(happened.Time < query.Since) && !(happened.Time > query.Until);

    private void OpenNew(List<OpenFile> open)
    {
        if (open.Count == 0)
        {
            open.AddRange(files.OpenAll().Select(static segment => new OpenFile(segment, 0)));
        }

        while (open.Count > 0 && files.OpenNext(open[^1].Segment) is { } next)
        {
            open.Add(new OpenFile(next, 0));
        }
    }

    private ContainerEvent? Next(LogForward lines, bool skip)
    {
        while (lines.Next(out ReadOnlySpan<byte> line))
        {
            if ((!skip || line.IndexOf("\"rename\""u8) >= 0) && EventLine.TryParse(line, out ContainerEvent? happened))
            {
                return WithPresentName(happened);
            }
        }

        return null;
    }

    private ContainerEvent WithPresentName(ContainerEvent happened)
    {
        switch (happened.Action)
        {
            case EventAction.Rename when happened.Name is not null:
                renamed[happened.Id] = happened.Name;
                break;
            case EventAction.Remove:
                _ = renamed.Remove(happened.Id);
                break;
            case EventAction.Oom or EventAction.Die when renamed.TryGetValue(happened.Id, out string? name):
                return happened with { Name = name };
        }

        return happened;
    }

    /// <summary>A file of the record.</summary>
    /// <param name="segment">The file.</param>
    /// <param name="asked">What was in it when the reader began.</param>
    private sealed class OpenFile(LogSegment segment, long asked)
    {
        public LogSegment Segment { get; } = segment;

        public LogForward Before { get; } = new(segment, 0, asked);

        public LogForward After { get; } = new(segment, asked, long.MaxValue);
    }
}
