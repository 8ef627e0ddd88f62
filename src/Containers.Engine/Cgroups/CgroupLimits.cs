namespace Containers.Engine.Cgroups;

/// <summary>
/// Limits of a cgroup, the same for v1 and v2 (Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/). Read, null is what the kernel has no file for; set, what is left as it is.
/// </summary>
public sealed record CgroupLimits
{
    /// <summary>The value of a limit that does not limit.</summary>
    public const long Unlimited = long.MaxValue;

    /// <summary>Bytes of memory; <see cref="Unlimited"/> for no limit. v2 memory.max, v1 memory.limit_in_bytes.</summary>
    public long? Memory { get; init; }

    /// <summary>Bytes of memory and swap together. v1 memory.memsw.limit_in_bytes; v2 memory.swap.max and <see cref="Memory"/>, which must be limited.</summary>
    public long? MemorySwap { get; init; }

    /// <summary>Bytes above which the cgroup is slowed down and its memory reclaimed. v2 memory.high; not on v1.</summary>
    public long? MemoryHigh { get; init; }

    /// <summary>Bytes that are reclaimed only where nothing else can be. v2 memory.low; v1 memory.soft_limit_in_bytes.</summary>
    public long? MemoryLow { get; init; }

    /// <summary>Bytes that are never reclaimed. v2 memory.min; not on v1.</summary>
    public long? MemoryMin { get; init; }

    /// <summary>Processors, as 0.5 or 2; <see cref="decimal.MaxValue"/> for no limit. v2 cpu.max, v1 cpu.cfs_quota_us, in a period of 100 ms.</summary>
    public decimal? Cpus { get; init; }

    /// <summary>The share of processors where they are scarce, 1 to 10000, by default 100. v2 cpu.weight; v1 cpu.shares, 2 + (weight - 1) * 262142 / 9999.</summary>
    public int? CpuWeight { get; init; }

    /// <summary>Processor time that may be saved up and used at once. v2 cpu.max.burst, v1 cpu.cfs_burst_us.</summary>
    public TimeSpan? CpuBurst { get; init; }

    /// <summary>The processors that may be used, as 0-3,8; empty for those of the cgroup above (v2 only). cpuset.cpus.</summary>
    public string? CpusetCpus { get; init; }

    /// <summary>The memory nodes that may be used. cpuset.mems.</summary>
    public string? CpusetMems { get; init; }

    /// <summary>How many processes and threads; <see cref="Unlimited"/> for no limit. pids.max.</summary>
    public long? PidsLimit { get; init; }

    /// <summary>The share of disks where they are busy, 1 to 10000, by default 100. v2 io.weight; v1 blkio.weight, 10 + (weight - 1) * 990 / 9999; io.bfq.weight and blkio.bfq.weight, up to 1000.</summary>
    public int? IoWeight { get; init; }

    /// <summary>Limits by device. v2 io.max; v1 blkio.throttle.*.</summary>
    public IReadOnlyList<CgroupDeviceLimit> Devices { get; init; } = [];

    /// <summary>Bytes of huge pages, by their size as the kernel writes it: 2MB, 1GB. hugetlb.SIZE.max, hugetlb.SIZE.limit_in_bytes.</summary>
    public IReadOnlyDictionary<string, long> HugePages { get; init; } = new Dictionary<string, long>();
}

/// <summary>Limits of what a cgroup may do with a block device; <see cref="CgroupLimits.Unlimited"/> for no limit, null for as it is.</summary>
/// <param name="Major">The device's major number.</param>
/// <param name="Minor">Its minor number.</param>
public sealed record CgroupDeviceLimit(int Major, int Minor)
{
    /// <summary>Bytes read a second.</summary>
    public long? ReadBytes { get; init; }

    /// <summary>Bytes written a second.</summary>
    public long? WriteBytes { get; init; }

    /// <summary>Reads a second.</summary>
    public long? ReadOperations { get; init; }

    /// <summary>Writes a second.</summary>
    public long? WriteOperations { get; init; }
}
