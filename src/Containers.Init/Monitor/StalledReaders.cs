using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>
/// Sessions that take no output any more, as one that was stopped (SIGSTOP, Ctrl-Z): while the container lives they make it wait, and after its end they are waited for. But
/// where it is to start again, or to be removed for others than the session that started it, one that has taken nothing for ten seconds is given up; the log has all.
/// </summary>
internal static unsafe class StalledReaders
{
    private const int Monotonic = 1;
    private const long NanosecondsPerSecond = 1_000_000_000, Patience = 10 * NanosecondsPerSecond;

    /// <summary>Notes that a session has taken something, or that the container has ended.</summary>
    internal static void Note(MonitorState* monitor) => monitor->TakenAt = Now();

    /// <summary>Says how long it is until sessions are given up; false where none is.</summary>
    internal static bool Prepare(MonitorState* monitor, TimeSpec* left)
    {
        int first = First(monitor);
        if (first >= Sessions.Room || !Streams.AreBlocked(monitor, first))
        {
            return false;
        }

        long time = monitor->TakenAt + Patience - Now();
        time = time < 0 ? 0 : time;
        left->Seconds = time / NanosecondsPerSecond;
        left->Nanoseconds = time % NanosecondsPerSecond;
        return true;
    }

    /// <summary>Gives up those whose time is over.</summary>
    internal static void Serve(MonitorState* monitor)
    {
        int first = First(monitor);
        if (first < Sessions.Room && Now() - monitor->TakenAt >= Patience)
        {
            Streams.GiveUp(&monitor->Output, first);
            Streams.GiveUp(&monitor->Error, first);
        }
    }

    /// <summary>The first place whose session is not waited for without end.</summary>
    private static int First(MonitorState* monitor) =>
        !monitor->HasEnded ? Sessions.Room
        : Records.HasRestart(monitor->Plan) ? 0
        : (monitor->Plan->Flags & PlanFlags.RemoveAtEnd) != 0 ? 1 : Sessions.Room;

    private static long Now()
    {
        TimeSpec now = default;
        Sys.Call(SysNr.ClockGettime, Monotonic, (long)&now);
        return (now.Seconds * NanosecondsPerSecond) + now.Nanoseconds;
    }
}
