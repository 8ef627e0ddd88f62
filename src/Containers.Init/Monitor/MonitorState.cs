using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>One of the container's output streams on its way to the log and the attached session.</summary>
internal unsafe struct OutputStream
{
    /// <summary>The pipe's reading end, or -1 once it has ended.</summary>
    internal int Source;

    /// <summary>The session's pipe, or -1.</summary>
    internal int Attached;

    /// <summary>What was read, logged and not yet taken by the session.</summary>
    internal byte* Buffer;

    internal int PendingStart, PendingEnd;
}

/// <summary>All that the monitor knows.</summary>
internal unsafe struct MonitorState
{
    internal PlanHeader* Plan;
    internal int Pid, PidDescriptor, Session;
    internal OutputStream Output, Error;
    internal LogState Log;
    internal PlanFailure Failure;
    internal bool HasEnded, IsEndTold, IsRecorded, IsLogging;
    internal int ExitCode, Signal, CgroupsLeft, RoundsAfterEnd;
    internal long StartedAt, EndedAt, PidStart;

    /// <summary>-1 until they are counted.</summary>
    internal long OomKills;
}
