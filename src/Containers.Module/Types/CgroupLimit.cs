namespace Containers;

/// <summary>The limits of a cgroup as the kernel keeps them, the same for v1 and v2. Null where nothing is limited, or no controller could.</summary>
public sealed class CgroupLimit
{
    /// <summary>The cgroup's path from the root.</summary>
    public required string Path { get; init; }

    /// <summary>Bytes of memory.</summary>
    public long? Memory { get; init; }

    /// <summary>Bytes of memory and swap together.</summary>
    public long? MemorySwap { get; init; }

    /// <summary>Bytes above which processes are slowed down (v2).</summary>
    public long? MemoryHigh { get; init; }

    /// <summary>Bytes that are reclaimed only where nothing else can be.</summary>
    public long? MemoryLow { get; init; }

    /// <summary>Bytes that are never reclaimed (v2).</summary>
    public long? MemoryMin { get; init; }

    /// <summary>Processors.</summary>
    public decimal? Cpus { get; init; }

    /// <summary>The share of processors where they are scarce, 1 to 10000; 100 by default.</summary>
    public int? CpuWeight { get; init; }

    /// <summary>Processor time that may be saved up.</summary>
    public TimeSpan? CpuBurst { get; init; }

    /// <summary>The processors that may be used, as 0-3,8.</summary>
    public string? CpusetCpus { get; init; }

    /// <summary>The memory nodes that may be used.</summary>
    public string? CpusetMems { get; init; }

    /// <summary>Processes and threads.</summary>
    public long? PidsLimit { get; init; }

    /// <summary>The share of disks where they are busy, 1 to 10000; 100 by default.</summary>
    public int? IoWeight { get; init; }

    /// <summary>Limits by block device.</summary>
    public IReadOnlyList<CgroupDeviceLimit> Device { get; init; } = [];

    /// <summary>Bytes of huge pages, by their size.</summary>
    public IReadOnlyDictionary<string, long> HugePages { get; init; } = new Dictionary<string, long>();
}

/// <summary>What a cgroup may do with a block device; null is no limit.</summary>
public sealed class CgroupDeviceLimit
{
    /// <summary>The device's numbers: 8:0.</summary>
    public required string Device { get; init; }

    /// <summary>Bytes read a second.</summary>
    public long? ReadBps { get; init; }

    /// <summary>Bytes written a second.</summary>
    public long? WriteBps { get; init; }

    /// <summary>Reads a second.</summary>
    public long? ReadIops { get; init; }

    /// <summary>Writes a second.</summary>
    public long? WriteIops { get; init; }

    /// <summary>The device with what is limited.</summary>
    /// <returns>The text.</returns>
    public override string ToString() =>
        $"{Device} " + string.Join(' ', new[] { ("rbps", ReadBps), ("wbps", WriteBps), ("riops", ReadIops), ("wiops", WriteIops) }.Where(static one => one.Item2 is not null).Select(static one => $"{one.Item1}={one.Item2}"));
}
