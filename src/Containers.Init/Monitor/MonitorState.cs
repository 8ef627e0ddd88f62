using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>One session's share in an output stream.</summary>
internal struct StreamReader
{
    /// <summary>Its pipe, or -1.</summary>
    internal int Pipe;

    /// <summary>How far it has taken what is in the stream's buffer.</summary>
    internal int Position;
}

/// <summary>One of the container's output streams on its way to the log and the attached sessions.</summary>
internal unsafe struct OutputStream
{
    /// <summary>The pipe's reading end, or -1 once it has ended.</summary>
    internal int Source;

    /// <summary>What was read and logged last; nothing more is read until every session has taken it.</summary>
    internal byte* Buffer;

    internal int Length;

    /// <summary>One for each session: <see cref="Sessions.Room"/>.</summary>
    internal StreamReader* Readers;
}

/// <summary>One session's place.</summary>
internal struct SessionState
{
    /// <summary>Its socket; -1 where the place is free.</summary>
    internal int Socket;

    /// <summary>Whether it gets what the container writes. One that has connected and not yet said what it wants does not.</summary>
    internal bool IsAttached;
}

/// <summary>All that the monitor knows.</summary>
internal unsafe struct MonitorState
{
    internal PlanHeader* Plan;
    internal int Pid, PidDescriptor;

    /// <summary>The length of <c>running.json</c>.</summary>
    internal long RunningLength;

    /// <summary>The first is the session that started the container.</summary>
    internal SessionState* Sessions;

    internal OutputStream Output, Error;
    internal LogState Log;
    internal HealthState Health;
    internal PlanFailure Failure;
    internal bool HasEnded, IsEndTold, IsRecorded, IsLogging;
    internal int ExitCode, Signal, CgroupsLeft, RoundsAfterEnd;
    internal long StartedAt, EndedAt, PidStart;

    /// <summary>CLOCK_MONOTONIC, in nanoseconds, when output was last passed on, or the container ended.</summary>
    internal long TakenAt;

    /// <summary>Nanoseconds of the clock that nobody sets: when the command began, and how long it ran.</summary>
    internal long BootTimeAtStart, Lasted;

    /// <summary>-1 until they are counted.</summary>
    internal long OomKills;
}
