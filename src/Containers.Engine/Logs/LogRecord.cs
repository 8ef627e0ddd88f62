namespace Containers.Engine.Logs;

/// <summary>Where a log record came from.</summary>
public enum LogStream
{
    /// <summary>Standard output.</summary>
    StdOut,

    /// <summary>Standard error.</summary>
    StdErr,
}

/// <summary>One piece of a container's output, usually a line.</summary>
/// <param name="Time">When the monitor read it.</param>
/// <param name="Stream">Where it came from.</param>
/// <param name="Text">The text, with its newline where it had one.</param>
public sealed record LogRecord(DateTimeOffset Time, LogStream Stream, string Text);

/// <summary>Which records of a log are read.</summary>
public sealed record LogQuery
{
    /// <summary>The last so many lines; null for all.</summary>
    public int? Tail { get; init; }

    /// <summary>Nothing older than this.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Nothing newer than this.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Whether to go on with what is written until the container ends, across rotations.</summary>
    public bool Follow { get; init; }

    /// <summary>With <see cref="Follow"/>: whether to go on over the container's ends and starts until it is removed.</summary>
    public bool OverRestarts { get; init; }
}
