namespace Containers;

/// <summary>A process of a container as it was at one moment.</summary>
public sealed class ContainerProcess
{
    /// <summary>The id of its container.</summary>
    public required string ContainerId { get; init; }

    /// <summary>The name of its container.</summary>
    public required string ContainerName { get; init; }

    /// <summary>Its pid on this machine.</summary>
    public int ProcessId { get; init; }

    /// <summary>Its pid in the container; null where the container's pid namespace does not see it.</summary>
    public int? InnerProcessId { get; init; }

    /// <summary>Its parent's pid on this machine.</summary>
    public int ParentProcessId { get; init; }

    /// <summary>Its effective user id on this machine.</summary>
    public long UserId { get; init; }

    /// <summary>That user's name in the container's /etc/passwd; null where it is not there.</summary>
    public string? UserName { get; init; }

    /// <summary>What it is doing.</summary>
    public ContainerProcessState State { get; init; }

    /// <summary>When it was started.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>The processor time that it has used.</summary>
    public TimeSpan CpuTime { get; init; }

    /// <summary>That time in percent of the time since its start: 100 is one processor.</summary>
    public double CpuPercent { get; init; }

    /// <summary>Bytes of memory that it has in use, shared pages included.</summary>
    public long Memory { get; init; }

    /// <summary>Its threads.</summary>
    public int Threads { get; init; }

    /// <summary>Its name, which it can set itself.</summary>
    public required string Name { get; init; }

    /// <summary>Its arguments as they are, which it can change; they may hold control characters. Empty for a zombie.</summary>
    public IReadOnlyList<string> Argument { get; init; } = [];

    /// <summary>The arguments in one line, what is not printable written as <c>\x1b</c>.</summary>
    public required string CommandLine { get; init; }

    /// <summary>The pid and the command line.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{ProcessId} {CommandLine}";
}
