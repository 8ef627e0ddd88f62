namespace Containers.Init;

/// <summary>The unfinished line of one stream: bytes that were read and not yet logged.</summary>
internal unsafe struct LogLine
{
    /// <summary><see cref="JsonLog.MaxRecord"/> bytes; untouched, and so without a page, as long as lines come whole.</summary>
    public byte* Bytes;

    public int Length;
}

/// <summary>All that the log's writer knows; lives in the caller's memory.</summary>
internal unsafe struct LogState
{
    /// <summary>The descriptor of the folder with container.log and container.log.1 and so on; stays the caller's.</summary>
    public int Folder;

    /// <summary>The descriptor of container.log, or negative where it could not be opened; tried again with each write.</summary>
    public int File;

    /// <summary>How many files there are at most, container.log included; at least 1.</summary>
    public int MaxFiles;

    /// <summary>Bytes that no file exceeds, unless one record alone does; 0 for no bound.</summary>
    public long MaxSize;

    /// <summary>Bytes in container.log.</summary>
    public long Size;

    /// <summary>Bytes at the end of container.log that belong to a record whose rest is still to be written.</summary>
    public long Unfinished;

    /// <summary>Bytes at the end of container.log that must go before anything else is written, because their record's rest was lost.</summary>
    public long Torn;

    /// <summary>Encoded bytes that could not be written: the disk was full, or the file could not be opened or rotated.</summary>
    public long Dropped;

    /// <summary>Encoded records on their way to the file.</summary>
    public byte* Output;

    public int Used;

    /// <summary>1 while the record being encoded has lost a part, so that its rest must not be written.</summary>
    public int Losing;

    public LogLine StandardOutput;

    public LogLine StandardError;

    /// <summary>The present chunk's time as text; empty until a record needs it.</summary>
    public fixed byte Time[LogTime.MaxLength];

    public int TimeLength;
}
