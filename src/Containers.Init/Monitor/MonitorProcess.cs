using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>
/// The container's parent, in a session of its own: starts the first process, keeps its log, and at its end releases
/// what the container held and says how it ended. It outlives the session that asked for it; the container does not outlive it.
/// </summary>
internal static unsafe class MonitorProcess
{
    internal static void Run(PlanHeader* plan)
    {
        Sys.Call(SysNr.Setsid);

        // Not where the session was: that would keep its file system from being unmounted.
        Sys.Call(SysNr.Chdir, (long)Text.Z("/"u8));
        Sys.Call(SysNr.Prctl, Prctl.SetName, (long)Text.Z("ps-monitor"u8));

        LaunchState state = default;
        MonitorState monitor = default;
        state.Plan = monitor.Plan = plan;
        SessionState* sessions = stackalloc SessionState[Sessions.Room];
        StreamReader* readers = stackalloc StreamReader[2 * Sessions.Room];
        Sessions.Start(&monitor, sessions, readers, readers + Sessions.Room);
        monitor.OomKills = -1;
        int failure = FirstProcess.Start(&state, &monitor);
        IgnoreSignal(Signals.SIGPIPE);

        // The session's limits of file size and processor time are inherited: a log that cannot grow must not end the container.
        IgnoreSignal(Signals.SIGXCPU);
        IgnoreSignal(Signals.SIGXFSZ);

        // Asked of every process at the machine's end: the container, which hears it too, may end in its own way first.
        IgnoreSignal(Signals.SIGTERM);
        IgnoreSignal(Signals.SIGHUP);
        IgnoreSignal(Signals.SIGINT);
        if (monitor.Pid > 0)
        {
            Descriptors.KeepOnlyMonitors(plan);
            JoinCgroups(plan);
            Records.WriteRunning(&monitor);
            PlanFailure told = default;
            if (FirstProcess.WaitForExec(failure, &told) && FirstProcess.FollowEntered(&state, &monitor, &told))
            {
                Records.MarkLaunched(&monitor);
                Unlock(plan);
                monitor.BootTimeAtStart = Records.BootTime();
                monitor.StartedAt = Records.Now();
                if ((plan->Flags & PlanFlags.Terminal) != 0)
                {
                    FirstProcess.TakeTerminal(&monitor);
                }

                if ((plan->Flags & PlanFlags.Hold) != 0)
                {
                    LeaveOnItsOwn(&monitor);
                }

                Events.Started(&monitor);
                if (!Session.Started(&monitor, place: 0, withInput: true) && plan->RecordsFolder < 0)
                {
                    // A further command whose session has given up: nobody knows of it.
                    Sys.Call(SysNr.PidfdSendSignal, monitor.PidDescriptor, Signals.SIGKILL, 0, 0);
                }

                Serve(&monitor);
            }

            monitor.Failure = told;
            Reap(&monitor);
        }

        MonitorEnd.Release(&monitor);
        Records.RemoveRunning(&monitor);
        Unlock(plan);
        if (!Session.Failed(&monitor) && MonitorEnd.HasWorkLeft(&monitor))
        {
            MonitorEnd.HandOver(plan);
        }

        Entry.Exit(1);
    }

    /// <summary>Ends, with or without the process that holds namespaces: it stays where the session still wants it once it knows it.</summary>
    private static void LeaveOnItsOwn(MonitorState* monitor)
    {
        if (!Session.Started(monitor, place: 0, withInput: false) || !Session.IsAcknowledged(monitor))
        {
            Sys.Call(SysNr.PidfdSendSignal, monitor->PidDescriptor, Signals.SIGKILL, 0, 0);
            Reap(monitor);
        }

        Entry.Exit(0);
    }

    private static void Unlock(PlanHeader* plan)
    {
        if (plan->StartLock >= 0)
        {
            Sys.Call(SysNr.Close, plan->StartLock);
        }
    }

    private static void JoinCgroups(PlanHeader* plan)
    {
        int* files = (int*)((byte*)plan + plan->MonitorCgroupsOffset);
        for (uint i = 0; i < plan->MonitorCgroupCount; i++)
        {
            // A monitor left in the session's cgroup still works; it only ends with the session's unit.
            Sys.Call(SysNr.Write, files[i], (long)Text.Z("0"u8), 1);
            Sys.Call(SysNr.Close, files[i]);
        }
    }

    private static void Serve(MonitorState* monitor)
    {
        Streams.Start(monitor);
        HealthTimer.Start(monitor);
        const int before = 5;
        PollEntry* entries = stackalloc PollEntry[before + (Sessions.Room * Sessions.EntriesPerPlace)];
        PollEntry* places = entries + before;
        while (!monitor->HasEnded || Streams.AreOpen(monitor))
        {
            entries[0].Descriptor = monitor->HasEnded ? -1 : monitor->PidDescriptor;
            entries[0].Events = PollEntry.In;
            entries[1].Descriptor = monitor->Plan->AttachSocket;
            entries[1].Events = PollEntry.In;
            Streams.Prepare(&monitor->Output, entries + 2);
            Streams.Prepare(&monitor->Error, entries + 3);
            Sessions.Prepare(monitor, places);

            // Once the container has ended, nothing more will come, even if a process elsewhere holds the other end of a pipe.
            TimeSpec patience = default;
            bool isLimited = HealthTimer.Prepare(monitor, entries + 4, &patience) || StalledReaders.Prepare(monitor, &patience) || (monitor->HasEnded && !Streams.AreBlocked(monitor));
            if (Sys.Call(SysNr.Ppoll, (long)entries, before + (Sessions.Room * Sessions.EntriesPerPlace), isLimited ? (long)&patience : 0, 0, 8) < 0)
            {
                continue;
            }

            Streams.Serve(monitor, &monitor->Output, JsonLog.StandardOutput, entries[2].Returned, places + 1);
            Streams.Serve(monitor, &monitor->Error, JsonLog.StandardError, entries[3].Returned, places + 2);
            Sessions.Serve(monitor, places);
            if (entries[1].Returned != 0)
            {
                Sessions.Accept(monitor);
            }

            if (entries[0].Returned != 0)
            {
                Reap(monitor);
                monitor->EndedAt = Records.Now();
                StalledReaders.Note(monitor);
                HealthTimer.End(monitor);
            }
            else
            {
                HealthTimer.Serve(monitor, entries[4].Returned);
            }

            StalledReaders.Serve(monitor);
            if (monitor->HasEnded && HasReadEnough(monitor))
            {
                Streams.Close(monitor);
            }

            if (monitor->HasEnded && Streams.AreBlocked(monitor))
            {
                // A slow reader of the output must not keep others from seeing that the container has ended.
                MonitorEnd.Record(monitor);
            }
        }

        // Before the record: who follows the log reads on until it is there.
        Streams.Close(monitor);
        MonitorEnd.CountOomKills(monitor);
        Events.Ended(monitor);
        Session.Ended(monitor);
        MonitorEnd.Record(monitor);
        Sessions.Close(monitor);
        PlanHeader* plan = monitor->Plan;
        if (Records.HasRestart(plan))
        {
            // Of a container that is kept the session has nothing to do that the next life must wait for.
            Session.Released(monitor);
            MonitorEnd.HandOver(plan);
        }
        else if (!Session.ReleasedAndAcknowledged(monitor) && MonitorEnd.HasWorkLeft(monitor))
        {
            MonitorEnd.HandOver(plan);
        }

        Entry.Exit(0);
    }

    /// <summary>
    /// Whether all is read that the pipes held when the first process ended (1 MiB each at most, unless a privileged one enlarged them): where others outlive it for a
    /// moment, who writes without end must not be read without end.
    /// </summary>
    private static bool HasReadEnough(MonitorState* monitor)
    {
        const int enough = 64;
        return (monitor->Plan->Flags & PlanFlags.SharedPids) != 0 && !Streams.AreBlocked(monitor) && ++monitor->RoundsAfterEnd > enough;
    }

    private static void Reap(MonitorState* monitor)
    {
        SignalInfo info = default;
        const int byPid = 1, exited = 4;
        long result;
        do
        {
            result = Sys.Call(SysNr.Waitid, byPid, monitor->Pid, (long)&info, exited);
        }
        while (result == -Error.EINTR);
        monitor->HasEnded = true;
        monitor->Lasted = Records.BootTime() - monitor->BootTimeAtStart;
        monitor->Signal = info.Code == SignalInfo.Exited ? 0 : info.Status;
        monitor->ExitCode = info.Code == SignalInfo.Exited ? info.Status : 128 + info.Status;
        Sys.Call(SysNr.Close, monitor->PidDescriptor);
        if (monitor->Plan->CgroupKiller >= 0)
        {
            Sys.Call(SysNr.Write, monitor->Plan->CgroupKiller, (long)Text.Z("1"u8), 1);
        }
    }

    private static void IgnoreSignal(int signal) => SetSignal(signal, SignalAction.Ignore);

    internal static void SetSignal(int signal, ulong handler)
    {
        SignalAction action = default;
        action.Handler = handler;
        Sys.Call(SysNr.RtSigaction, signal, (long)&action, 0, sizeof(ulong));
    }
}
