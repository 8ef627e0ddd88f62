namespace Containers.Engine.Processes;

/// <summary>What a process is doing (proc_pid_stat(5), field 3).</summary>
public enum ProcessState
{
    /// <summary>A letter that is not known.</summary>
    Unknown,

    /// <summary>Running or ready to run.</summary>
    Running,

    /// <summary>Waiting for something.</summary>
    Sleeping,

    /// <summary>Waiting for a device or a file system, and not to be interrupted meanwhile.</summary>
    DiskSleep,

    /// <summary>Stopped by a signal.</summary>
    Stopped,

    /// <summary>Stopped by a debugger.</summary>
    Traced,

    /// <summary>Ended, and not yet waited for by its parent.</summary>
    Zombie,

    /// <summary>At its very end.</summary>
    Dead,

    /// <summary>A thread of the kernel that waits.</summary>
    Idle,
}

/// <summary>A process of a container as it was at one moment.</summary>
public sealed record ContainerProcess
{
    /// <summary>Its pid on this machine.</summary>
    public required int ProcessId { get; init; }

    /// <summary>Its pid in the container; null where the container's pid namespace does not see it.</summary>
    public int? InnerProcessId { get; init; }

    /// <summary>Its parent's pid on this machine; 0 where this pid namespace does not see it.</summary>
    public int ParentProcessId { get; init; }

    /// <summary>Its effective user id.</summary>
    public uint UserId { get; init; }

    /// <summary>That user's name in the container's /etc/passwd; null where it is not there.</summary>
    public string? UserName { get; init; }

    /// <summary>What it is doing.</summary>
    public ProcessState State { get; init; }

    /// <summary>When it was started, to 10 ms.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>The processor time that it has used.</summary>
    public TimeSpan CpuTime { get; init; }

    /// <summary>That time in percent of the time since its start: 100 is one processor.</summary>
    public double CpuPercent { get; init; }

    /// <summary>Bytes of memory that it has in use (the resident set, shared pages included).</summary>
    public long Memory { get; init; }

    /// <summary>Its threads.</summary>
    public int Threads { get; init; }

    /// <summary>Its name, 15 bytes at most, which it can set itself.</summary>
    public required string Name { get; init; }

    /// <summary>Its arguments as they are in its memory, which it can change; up to 128 KiB. Empty for a zombie.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The arguments in one line, what is not printable written as <c>\x1b</c>; its name in brackets where it has none.</summary>
    public required string CommandLine { get; init; }
}
