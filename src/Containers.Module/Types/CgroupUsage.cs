namespace Containers;

/// <summary>What a cgroup uses and has used. Null is what no controller of this machine counts.</summary>
public sealed class CgroupUsage
{
    /// <summary>The cgroup's path from the root.</summary>
    public required string Path { get; init; }

    /// <summary>When it was measured.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>Processor time so far.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>Processors in use since the measurement before, in percent of one.</summary>
    public double? CpuPercent { get; init; }

    /// <summary>Processor time outside of the kernel.</summary>
    public TimeSpan? CpuUser { get; init; }

    /// <summary>Processor time in the kernel.</summary>
    public TimeSpan? CpuSystem { get; init; }

    /// <summary>Periods of 100 ms in which the processor limit was reached.</summary>
    public long? ThrottledPeriods { get; init; }

    /// <summary>How long processes waited for that.</summary>
    public TimeSpan? ThrottledTime { get; init; }

    /// <summary>Bytes of memory in use, file cache included.</summary>
    public long? Memory { get; init; }

    /// <summary>The most bytes so far.</summary>
    public long? MemoryPeak { get; init; }

    /// <summary>Bytes of swap in use.</summary>
    public long? Swap { get; init; }

    /// <summary>How often memory was reclaimed above -MemoryHigh (v2).</summary>
    public long? HighEvents { get; init; }

    /// <summary>How often the memory limit was reached.</summary>
    public long? MaxEvents { get; init; }

    /// <summary>Processes killed for the memory limit.</summary>
    public long? OomKills { get; init; }

    /// <summary>Processes and threads.</summary>
    public long? Pids { get; init; }

    /// <summary>The most of them so far.</summary>
    public long? PidsPeak { get; init; }

    /// <summary>How often the limit of processes was reached.</summary>
    public long? PidsMaxEvents { get; init; }

    /// <summary>Bytes read from disks so far.</summary>
    public long? IoRead { get; init; }

    /// <summary>Bytes written to disks so far.</summary>
    public long? IoWritten { get; init; }

    /// <summary>Bytes read a second since the measurement before.</summary>
    public double? IoReadRate { get; init; }

    /// <summary>Bytes written a second since the measurement before.</summary>
    public double? IoWriteRate { get; init; }

    /// <summary>How processes waited for processors (v2).</summary>
    public CgroupPressure? CpuPressure { get; init; }

    /// <summary>How processes waited for memory (v2).</summary>
    public CgroupPressure? MemoryPressure { get; init; }

    /// <summary>How processes waited for disks (v2).</summary>
    public CgroupPressure? IoPressure { get; init; }
}

/// <summary>Pressure stall information: percent of the time in which some, or all, processes that could run waited.</summary>
public sealed class CgroupPressure
{
    /// <summary>Some, over the last 10 seconds.</summary>
    public double Some10 { get; init; }

    /// <summary>Some, over the last minute.</summary>
    public double Some60 { get; init; }

    /// <summary>Some, over the last five minutes.</summary>
    public double Some300 { get; init; }

    /// <summary>All, over the last 10 seconds.</summary>
    public double Full10 { get; init; }

    /// <summary>All, over the last minute.</summary>
    public double Full60 { get; init; }

    /// <summary>All, over the last five minutes.</summary>
    public double Full300 { get; init; }

    /// <summary>For how long some have waited so far.</summary>
    public TimeSpan SomeTotal { get; init; }

    /// <summary>For how long all have waited so far.</summary>
    public TimeSpan FullTotal { get; init; }

    /// <summary>The ten seconds' numbers.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"some {Some10} %, full {Full10} %");
}
