namespace Containers;

/// <summary>What a container uses at one moment. What nothing counts for it is null, never 0.</summary>
public sealed class ContainerUsage
{
    /// <summary>The container's id.</summary>
    public required string ContainerId { get; init; }

    /// <summary>The container's name.</summary>
    public required string ContainerName { get; init; }

    /// <summary>When it was measured.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>The processor time of all its processes since its start.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>Processor time in percent of the time since the measurement before: 100 is one processor.</summary>
    public double? CpuPercent { get; init; }

    /// <summary>Bytes of memory, without inactive file cache.</summary>
    public long? Memory { get; init; }

    /// <summary>The most bytes of memory: its limit, or the machine's memory where that is less.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Memory in percent of the limit.</summary>
    public double? MemoryPercent { get; init; }

    /// <summary>Processes and threads.</summary>
    public long? Pids { get; init; }

    /// <summary>The most processes and threads; null for no limit of its own.</summary>
    public long? PidsLimit { get; init; }

    /// <summary>Bytes received; null where it shares this machine's network.</summary>
    public long? NetworkReceived { get; init; }

    /// <summary>Bytes sent; null where it shares this machine's network.</summary>
    public long? NetworkSent { get; init; }

    /// <summary>Bytes read from block devices.</summary>
    public long? BlockRead { get; init; }

    /// <summary>Bytes written to block devices.</summary>
    public long? BlockWritten { get; init; }

    /// <summary>The container's name.</summary>
    /// <returns>The name.</returns>
    public override string ToString() => ContainerName;
}
