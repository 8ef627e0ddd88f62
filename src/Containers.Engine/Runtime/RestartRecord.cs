namespace Containers.Engine.Runtime;

/// <summary>
/// <c>restart.json</c>, beside the other records of a container that has a restart policy, or was started again for its health, and only of such: that it is there tells
/// the monitor to hand over at the container's end.
/// </summary>
internal sealed record RestartRecord
{
    /// <summary>How often it was started again by its policy or for its health since the user last started it; failed attempts count.</summary>
    public int Count { get; init; }

    /// <summary>What the last wait before a start took, in milliseconds; 0 where there was none.</summary>
    public int Delay { get; init; }

    /// <summary>When the next start is, in nanoseconds since 1970; null where nobody waits for it.</summary>
    public long? NextStart { get; init; }

    /// <summary>The process that waits for the next start, or is at it.</summary>
    public WaiterRecord? Waiter { get; init; }

    /// <summary>Why the last start failed; null where it did not.</summary>
    public string? Error { get; init; }

    private const int FirstDelay = 100, LongestDelay = 60_000;
    private static readonly TimeSpan LongLife = TimeSpan.FromSeconds(10);

    /// <summary>The time before the next start: Docker's, 100 ms doubled each time up to a minute, and 100 ms again after a life of 10 seconds.</summary>
    /// <param name="exit">How the last life ended; null where it is not known.</param>
    /// <returns>Milliseconds.</returns>
    public int NextDelay(ExitRecord? exit)
    {
        TimeSpan lasted = exit is null || Error is not null ? TimeSpan.Zero : TimeSpan.FromTicks(exit.Lasted / TimeSpan.NanosecondsPerTick);
        return Delay == 0 || lasted >= LongLife ? FirstDelay : Math.Min(Delay * 2, LongestDelay);
    }
}

/// <summary>A process that starts a container again.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="Start">Its start time (proc_pid_stat(5), field 22).</param>
/// <param name="BootId">The boot it belongs to.</param>
internal sealed record WaiterRecord(int Pid, long Start, string BootId)
{
    /// <summary>The process.</summary>
    public ProcessIdentity ToIdentity() => new(Pid, Start, BootId);

    /// <summary>This process.</summary>
    public static WaiterRecord Current() => new(ProcessIdentity.Current.Pid, ProcessIdentity.Current.StartTime, ProcessIdentity.CurrentBootId);
}

/// <summary>Who stopped a container; the file <c>stopped</c> says it, and keeps its restart policy from starting it again.</summary>
internal enum StopCause
{
    /// <summary>The user: the file is empty.</summary>
    User,

    /// <summary>Its health, only to be started again: nothing is written.</summary>
    Health,

    /// <summary>The machine's end: the policy holds again after the next start of the machine.</summary>
    Machine,
}
