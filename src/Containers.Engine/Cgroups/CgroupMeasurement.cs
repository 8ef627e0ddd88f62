namespace Containers.Engine.Cgroups;

/// <summary>What a cgroup uses and has used, as its controllers count it; null is what none counts.</summary>
public sealed record CgroupMeasurement
{
    /// <summary>When it was measured.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>Processor time of all its processes so far.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>Its part outside of the kernel.</summary>
    public TimeSpan? CpuUser { get; init; }

    /// <summary>Its part in the kernel.</summary>
    public TimeSpan? CpuSystem { get; init; }

    /// <summary>Periods of 100 ms in which the processor limit was reached.</summary>
    public long? ThrottledPeriods { get; init; }

    /// <summary>How long its processes waited for that.</summary>
    public TimeSpan? ThrottledTime { get; init; }

    /// <summary>Bytes of memory in use, file cache included.</summary>
    public long? Memory { get; init; }

    /// <summary>The most bytes so far.</summary>
    public long? MemoryPeak { get; init; }

    /// <summary>Bytes of swap in use.</summary>
    public long? Swap { get; init; }

    /// <summary>How often memory was reclaimed since more than memory.high was used (v2).</summary>
    public long? HighEvents { get; init; }

    /// <summary>How often the memory limit was reached.</summary>
    public long? MaxEvents { get; init; }

    /// <summary>Processes killed since the memory limit was reached.</summary>
    public long? OomKills { get; init; }

    /// <summary>Processes and threads.</summary>
    public long? Pids { get; init; }

    /// <summary>The most so far.</summary>
    public long? PidsPeak { get; init; }

    /// <summary>How often the limit of processes was reached.</summary>
    public long? PidsMaxEvents { get; init; }

    /// <summary>Bytes read from block devices.</summary>
    public long? IoRead { get; init; }

    /// <summary>Bytes written to block devices.</summary>
    public long? IoWritten { get; init; }

    /// <summary>How processes waited for processors (v2, PSI).</summary>
    public CgroupPressure? CpuPressure { get; init; }

    /// <summary>How processes waited for memory (v2, PSI).</summary>
    public CgroupPressure? MemoryPressure { get; init; }

    /// <summary>How processes waited for disks (v2, PSI).</summary>
    public CgroupPressure? IoPressure { get; init; }
}

/// <summary>Pressure stall information (Documentation/accounting/psi.rst): percent of the time in which some, or all, processes that could run waited.</summary>
/// <param name="Some10">Some, over the last 10 seconds.</param>
/// <param name="Some60">Some, over the last minute.</param>
/// <param name="Some300">Some, over the last five minutes.</param>
/// <param name="Full10">All, over the last 10 seconds.</param>
/// <param name="Full60">All, over the last minute.</param>
/// <param name="Full300">All, over the last five minutes.</param>
/// <param name="SomeTotal">For how long some have waited so far.</param>
/// <param name="FullTotal">For how long all have waited so far.</param>
public sealed record CgroupPressure(double Some10, double Some60, double Some300, double Full10, double Full60, double Full300, TimeSpan SomeTotal, TimeSpan FullTotal);
