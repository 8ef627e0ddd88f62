namespace Containers.Engine.Measuring;

/// <summary>What a container uses at one moment. What no controller counts for it is null, never 0.</summary>
public sealed record ContainerUsage
{
    /// <summary>The container's id.</summary>
    public required string Id { get; init; }

    /// <summary>The container's name.</summary>
    public required string Name { get; init; }

    /// <summary>When it was measured.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The processor time of all its processes since its start.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>Processor time in percent of the time since the measurement before: 100 is one processor. Null for the first.</summary>
    public double? CpuPercent { get; init; }

    /// <summary>Bytes of memory, without file cache that the kernel can drop at once (inactive_file), as Docker counts.</summary>
    public long? Memory { get; init; }

    /// <summary>The most bytes of memory that it may use: its limit, or the machine's memory where that is less.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary><see cref="Memory"/> in percent of <see cref="MemoryLimit"/>.</summary>
    public double? MemoryPercent => Memory is { } used && MemoryLimit is > 0 and var limit ? Math.Round(100.0 * used / limit, 2) : null;

    /// <summary>Processes and threads.</summary>
    public long? Pids { get; init; }

    /// <summary>The most processes and threads; null for no limit of its own.</summary>
    public long? PidsLimit { get; init; }

    /// <summary>Bytes received on all interfaces but the loopback; null where it shares the machine's network.</summary>
    public long? NetworkReceived { get; init; }

    /// <summary>Bytes sent on all interfaces but the loopback; null where it shares the machine's network.</summary>
    public long? NetworkSent { get; init; }

    /// <summary>Bytes read from block devices.</summary>
    public long? BlockRead { get; init; }

    /// <summary>Bytes written to block devices. On cgroup v1 without what is written back later by the kernel.</summary>
    public long? BlockWritten { get; init; }
}
