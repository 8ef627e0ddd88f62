using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>What the monitor does when the container has ended: counts, releases, records, and hands over what is left to do.</summary>
internal static unsafe class MonitorEnd
{
    /// <summary>Releases the cgroups and says how the container ended; once.</summary>
    internal static void Record(MonitorState* monitor)
    {
        if (monitor->IsRecorded)
        {
            return;
        }

        monitor->IsRecorded = true;
        CountOomKills(monitor);
        Events.Ended(monitor);
        Release(monitor);

        // running.json stays: the exit record goes before it, and by now it may be that of the next start.
        Records.WriteExit(monitor);
    }

    /// <summary>As long as the cgroup is there.</summary>
    internal static void CountOomKills(MonitorState* monitor)
    {
        if (monitor->OomKills < 0)
        {
            monitor->OomKills = Records.CountOomKills(monitor->Plan->OomCounter);
        }
    }

    /// <summary>
    /// Removes the container's cgroups. What a privileged container nested in them is left to the engine, and so are processes that outlive the first one where
    /// the kernel has no cgroup.kill.
    /// </summary>
    internal static void Release(MonitorState* monitor)
    {
        PlanHeader* plan = monitor->Plan;
        PlanRemoval* removals = (PlanRemoval*)((byte*)plan + plan->RemovalsOffset);
        for (uint i = 0; i < plan->RemovalCount; i++)
        {
            long result = Remove(plan, removals + i);
            monitor->CgroupsLeft += result is < 0 and not -Error.ENOENT ? 1 : 0;
        }
    }

    /// <summary>The processes that were just killed take a moment to leave a cgroup.</summary>
    private static long Remove(PlanHeader* plan, PlanRemoval* removal)
    {
        const int isFolder = 0x200, mostTries = 200;
        long result = 0;
        for (int i = 0; i < mostTries; i++)
        {
            result = Sys.Call(SysNr.Unlinkat, removal->Folder, (long)((byte*)plan + removal->NameOffset), isFolder);
            if (result != -Error.EBUSY || plan->CgroupKiller < 0)
            {
                break;
            }

            TimeSpec pause = default;
            pause.Nanoseconds = 1_000_000;
            Sys.Call(SysNr.Ppoll, 0, 0, (long)&pause, 0, 8);
        }

        return result;
    }

    /// <summary>Whether something is left to do at the end where no session is there: the container is to go, or processes of it have outlived the first one.</summary>
    internal static bool HasWorkLeft(MonitorState* monitor)
    {
        uint flags = monitor->Plan->Flags;
        return (flags & PlanFlags.RemoveAtEnd) != 0 || ((flags & PlanFlags.SharedPids) != 0 && monitor->CgroupsLeft > 0);
    }

    /// <summary>
    /// Becomes the program that removes a container that is to go at its end, where no session is there to do it, or that starts it again as its restart
    /// policy says. It is still the same process to all who know the monitor by its number and start time.
    /// </summary>
    internal static void HandOver(PlanHeader* plan)
    {
        if (plan->HandOverProgram >= 0)
        {
            const int closeOnExec = 4;
            Sys.Call(SysNr.CloseRange, 3, uint.MaxValue, closeOnExec);
            MonitorProcess.SetSignal(Signals.SIGTERM, SignalAction.Default);
            MonitorProcess.SetSignal(Signals.SIGHUP, SignalAction.Default);
            MonitorProcess.SetSignal(Signals.SIGINT, SignalAction.Default);
            byte* origin = (byte*)plan;
            Sys.Call(
                SysNr.Execveat, plan->HandOverProgram, (long)Text.Z(""u8), (long)(origin + plan->HandOverArguments),
                (long)(origin + plan->HandOverEnvironment), Open.AtEmptyPath);
        }
    }
}
