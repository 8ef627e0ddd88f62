using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>The monitor's part of a container's health checks.</summary>
internal struct HealthState
{
    /// <summary>The process that is checking, and its descriptor, -1 where there is none.</summary>
    internal int Probe, ProbeDescriptor;

    /// <summary>Whether a check has found the container well since its start.</summary>
    internal bool HasSucceeded;

    /// <summary>Nanoseconds of the clock that nobody sets (<see cref="Records.BootTime"/>).</summary>
    internal long StartedAt, Due;
}

/// <summary>
/// Tells when a container's health is checked, and runs the program that does it (<c>containers probe ID</c>) as a child. What a check is and what follows
/// from it is that program's business; its exit code 0 says that the container is well. One check at a time, and none outlives the container.
/// </summary>
internal static unsafe class HealthTimer
{
    private const long Never = long.MaxValue, NanosecondsPerSecond = 1_000_000_000, NanosecondsPerMillisecond = 1_000_000;

    internal static void Start(MonitorState* monitor)
    {
        monitor->Health.ProbeDescriptor = -1;
        monitor->Health.Due = Never;
        if (monitor->Plan->HealthInterval > 0)
        {
            monitor->Health.StartedAt = Records.BootTime();
            SetDue(monitor);
        }
    }

    /// <summary>Says how long it is until the next check; false where none is due as long as nothing else happens.</summary>
    internal static bool Prepare(MonitorState* monitor, PollEntry* entry, TimeSpec* left)
    {
        entry->Descriptor = monitor->Health.ProbeDescriptor;
        entry->Events = PollEntry.In;
        if (monitor->Health.Due == Never)
        {
            return false;
        }

        long time = monitor->Health.Due - Records.BootTime();
        time = time < 0 ? 0 : time;
        left->Seconds = time / NanosecondsPerSecond;
        left->Nanoseconds = time % NanosecondsPerSecond;
        return true;
    }

    /// <summary>Takes note of a check's end, and begins the one that is due. The time to the next runs from the end of the one before.</summary>
    internal static void Serve(MonitorState* monitor, short returned)
    {
        if (returned != 0)
        {
            monitor->Health.HasSucceeded |= Reap(monitor);
            SetDue(monitor);
        }
        else if (monitor->Health.Due != Never && monitor->Health.Due <= Records.BootTime())
        {
            monitor->Health.Due = Never;
            if (!Run(monitor))
            {
                SetDue(monitor);
            }
        }
    }

    /// <summary>The container has ended: nothing is checked any more, and nothing holds its cgroups.</summary>
    internal static void End(MonitorState* monitor)
    {
        monitor->Health.Due = Never;
        if (monitor->Health.ProbeDescriptor >= 0)
        {
            Sys.Call(SysNr.PidfdSendSignal, monitor->Health.ProbeDescriptor, Signals.SIGKILL, 0, 0);
            Reap(monitor);
        }
    }

    private static void SetDue(MonitorState* monitor)
    {
        PlanHeader* plan = monitor->Plan;
        long now = Records.BootTime();
        bool isStarting = !monitor->Health.HasSucceeded && now - monitor->Health.StartedAt < plan->HealthStartPeriod * NanosecondsPerMillisecond;
        monitor->Health.Due = now + ((isStarting ? plan->HealthStartInterval : plan->HealthInterval) * NanosecondsPerMillisecond);
    }

    /// <summary>False where the kernel has no process to give.</summary>
    private static bool Run(MonitorState* monitor)
    {
        int descriptor = -1;
        long self = Sys.Call(SysNr.Getpid);
        CloneArguments clone = default;
        clone.Flags = CloneArguments.WithPidDescriptor;
        clone.ExitSignal = Signals.SIGCHLD;
        clone.PidDescriptor = (ulong)&descriptor;
        long pid = Sys.Call(SysNr.Clone3, (long)&clone, sizeof(CloneArguments));
        if (pid == 0)
        {
            Become(monitor->Plan, self);
        }

        if (pid > 0)
        {
            monitor->Health.Probe = (int)pid;
            monitor->Health.ProbeDescriptor = descriptor;
        }

        return pid > 0;
    }

    /// <summary>It ends with the monitor, and has nothing of it: a session's pipe held open here would keep its reader waiting.</summary>
    private static void Become(PlanHeader* plan, long monitor)
    {
        const int closeOnExec = 4;
        byte* origin = (byte*)plan;
        Sys.Call(SysNr.Prctl, Prctl.ParentDeathSignal, Signals.SIGKILL);
        if (Sys.Call(SysNr.Getppid) == monitor)
        {
            Sys.Call(SysNr.Setsid);
            Sys.Call(SysNr.CloseRange, 3, uint.MaxValue, closeOnExec);
            Sys.Call(
                SysNr.Execveat, plan->HandOverProgram, (long)Text.Z(""u8), (long)(origin + plan->ProbeArguments),
                (long)(origin + plan->HandOverEnvironment), Open.AtEmptyPath);
        }

        Entry.Exit(1);
    }

    /// <summary>Waits for the check's end, and says whether it found the container well.</summary>
    private static bool Reap(MonitorState* monitor)
    {
        SignalInfo info = default;
        const int byPid = 1, exited = 4;
        long result;
        do
        {
            result = Sys.Call(SysNr.Waitid, byPid, monitor->Health.Probe, (long)&info, exited);
        }
        while (result == -Error.EINTR);
        Sys.Call(SysNr.Close, monitor->Health.ProbeDescriptor);
        monitor->Health.ProbeDescriptor = -1;
        return result == 0 && info.Code == SignalInfo.Exited && info.Status == 0;
    }
}
