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
        int failure = StartFirstProcess(&state, &monitor);
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
            if (WaitForExec(failure, &told) && FollowEntered(&state, &monitor, &told))
            {
                Records.MarkLaunched(&monitor);
                Unlock(plan);
                monitor.StartedAt = Records.Now();
                if ((plan->Flags & PlanFlags.Terminal) != 0)
                {
                    TakeTerminal(&monitor);
                }

                Events.Started(&monitor);
                if (!Session.Started(&monitor, place: 0, withInput: true) && plan->RecordsFolder < 0)
                {
                    // A further command whose session has given up: nobody knows of it.
                    const int kill = 9;
                    Sys.Call(SysNr.PidfdSendSignal, monitor.PidDescriptor, kill, 0, 0);
                }

                Serve(&monitor);
            }

            monitor.Failure = told;
            Reap(&monitor);
        }

        Release(&monitor);
        Records.RemoveRunning(&monitor);
        Unlock(plan);
        if (!Session.Failed(&monitor) && HasWorkLeft(&monitor))
        {
            HandOver(plan);
        }

        Entry.Exit(1);
    }

    /// <summary>Clones the first process; it does not come back from here in the child. Gives the pipe on which a failure is told.</summary>
    private static int StartFirstProcess(LaunchState* state, MonitorState* monitor)
    {
        PlanHeader* plan = state->Plan;
        int* failure = stackalloc int[2];
        int* output = stackalloc int[2];
        int* error = stackalloc int[2];
        bool hasTerminal = (plan->Flags & PlanFlags.Terminal) != 0;
        long input = plan->StandardInput >= 0 ? plan->StandardInput : Sys.Call(SysNr.Openat, Open.AtCurrentFolder, (long)Text.Z("/dev/null"u8), Open.CloseOnExec);
        long result = input < 0 ? input : Sys.Call(SysNr.Pipe2, (long)failure, Open.CloseOnExec);
        if (hasTerminal)
        {
            // The terminal comes over a socket, and no pipes are needed.
            const int unixFamily = 1, sequencedPacket = 5;
            error[0] = error[1] = -1;
            result = result < 0 ? result : Sys.Call(SysNr.Socketpair, unixFamily, sequencedPacket | Open.CloseOnExec, 0, (long)output);
        }
        else
        {
            result = result < 0 ? result : Sys.Call(SysNr.Pipe2, (long)output, Open.CloseOnExec);
            result = result < 0 ? result : Sys.Call(SysNr.Pipe2, (long)error, Open.CloseOnExec);
        }

        if (result >= 0 && (plan->Flags & PlanFlags.EnterLast) != 0)
        {
            const int page = 4096, readWrite = 3, sharedAnonymous = 0x21;
            long memory = Sys.Call(SysNr.Mmap, 0, page, readWrite, sharedAnonymous, -1, 0);
            result = (ulong)memory >= unchecked((ulong)-page) ? memory : 0;
            state->Entered = (int*)memory;
        }

        int pidDescriptor = -1;
        result = result < 0 ? result : Clone(plan, &pidDescriptor);
        if (result == 0)
        {
            Sys.Call(SysNr.Close, failure[0]);
            Sys.Call(SysNr.Close, output[0]);
            Sys.Call(SysNr.Close, error[0]);
            state->FailurePipe = failure[1];
            state->TerminalSocket = output[1];
            state->Registers[PlanRegister.StandardInput] = (int)input;
            state->Registers[PlanRegister.StandardOutput] = output[1];
            state->Registers[PlanRegister.StandardError] = error[1];
            ContainerProcess.Run(state);
        }

        if (result < 0)
        {
            monitor->Failure.Step = -1;
            monitor->Failure.Error = (int)-result;
            return -1;
        }

        Sys.Call(SysNr.Close, failure[1]);
        Sys.Call(SysNr.Close, output[1]);
        Sys.Call(SysNr.Close, error[1]);
        Sys.Call(SysNr.Close, input);
        monitor->Pid = (int)result;
        monitor->PidDescriptor = pidDescriptor;
        monitor->Output.Source = output[0];
        monitor->Error.Source = error[0];
        return failure[0];
    }

    private static long Clone(PlanHeader* plan, int* pidDescriptor)
    {
        const int newPidNamespace = 0x20000000;
        long own = -1;
        if (plan->JoinedProcess >= 0)
        {
            // The namespace has processes already: none of them may look into the child or trace it, from its first moment on.
            Sys.Call(SysNr.Prctl, Prctl.SetDumpable, 0);

            // setns(2): a pid namespace is joined by the children that come.
            own = Sys.Call(SysNr.Openat, Open.AtCurrentFolder, (long)Text.Z("/proc/self/ns/pid"u8), Open.CloseOnExec);
            long joined = own < 0 ? own : Sys.Call(SysNr.Setns, plan->JoinedProcess, newPidNamespace);
            if (joined < 0)
            {
                return joined;
            }
        }

        CloneArguments clone = default;
        clone.Flags = plan->CloneFlags | CloneArguments.WithPidDescriptor;
        clone.ExitSignal = Signals.SIGCHLD;
        clone.PidDescriptor = (ulong)pidDescriptor;
        if (plan->IntoCgroup >= 0)
        {
            clone.Flags |= CloneArguments.IntoCgroup;
            clone.Cgroup = (ulong)plan->IntoCgroup;
        }

        long child = Sys.Call(SysNr.Clone3, (long)&clone, sizeof(CloneArguments));
        if (child != 0 && own >= 0)
        {
            // A program whose children are to be elsewhere can make no threads: not the one that is handed over to.
            Sys.Call(SysNr.Setns, own, newPidNamespace);
            Sys.Call(SysNr.Close, own);
        }

        return child;
    }

    /// <summary>
    /// Goes over from the process that was cloned, which has ended, to the one that it left in the pid namespace. What it is told lies in memory that a tracer there may
    /// have written to: it is believed only of a child, and the only one left is that process.
    /// </summary>
    private static bool FollowEntered(LaunchState* state, MonitorState* monitor, PlanFailure* told)
    {
        if ((monitor->Plan->Flags & PlanFlags.EnterLast) == 0)
        {
            return true;
        }

        const int byPid = 1, exited = 4, noHang = 1, leave = 0x1000000;
        SignalInfo info = default;
        while (Sys.Call(SysNr.Waitid, byPid, monitor->Pid, (long)&info, exited) == -Error.EINTR)
        {
        }

        Sys.Call(SysNr.Close, monitor->PidDescriptor);
        int entered = *state->Entered;
        long result = entered <= 0 ? -Error.EINVAL : Sys.Call(SysNr.Waitid, byPid, entered, (long)&info, exited | noHang | leave);
        result = result < 0 ? result : Sys.Call(SysNr.PidfdOpen, entered, 0);
        monitor->Pid = entered;
        monitor->PidDescriptor = (int)result;
        monitor->PidStart = Records.StartTime(entered);
        if (result < 0)
        {
            told->Step = -1;
            told->Fault = PlanFault.Died;
        }

        return result >= 0;
    }

    /// <summary>Takes the terminal that the first process has sent, in place of the socket that it came over.</summary>
    private static void TakeTerminal(MonitorState* monitor)
    {
        int terminal = DescriptorMessage.ReceiveDescriptor(monitor->Output.Source);
        Sys.Call(SysNr.Close, monitor->Output.Source);
        monitor->Output.Source = terminal;
    }

    /// <summary>
    /// True once the command has replaced the helper: the pipe's end, closed by exec, after the byte that announced it. A failure may
    /// come before or after that byte; an end without either is a death on the way.
    /// </summary>
    private static bool WaitForExec(int pipe, PlanFailure* told)
    {
        const int announcement = 1;
        byte* bytes = stackalloc byte[announcement + sizeof(PlanFailure)];
        long length = 0;
        while (length < announcement + sizeof(PlanFailure))
        {
            long count = Sys.Call(SysNr.Read, pipe, (long)(bytes + length), announcement + sizeof(PlanFailure) - length);
            if (count == -Error.EINTR)
            {
                continue;
            }

            if (count <= 0)
            {
                break;
            }

            length += count;
        }

        Sys.Call(SysNr.Close, pipe);
        if (length >= sizeof(PlanFailure))
        {
            *told = *(PlanFailure*)(bytes + length - sizeof(PlanFailure));
            return false;
        }

        told->Step = -1;
        told->Fault = PlanFault.Died;
        return length == announcement;
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
            bool isLimited = HealthTimer.Prepare(monitor, entries + 4, &patience) || (monitor->HasEnded && !Streams.AreBlocked(monitor));
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
                HealthTimer.End(monitor);
            }
            else
            {
                HealthTimer.Serve(monitor, entries[4].Returned);
            }

            if (monitor->HasEnded && HasReadEnough(monitor))
            {
                Streams.Close(monitor);
            }

            if (monitor->HasEnded && Streams.AreBlocked(monitor))
            {
                // A slow reader of the output must not keep others from seeing that the container has ended.
                Record(monitor);
            }
        }

        // Before the record: who follows the log reads on until it is there.
        Streams.Close(monitor);
        CountOomKills(monitor);
        Events.Ended(monitor);
        Session.Ended(monitor);
        Record(monitor);
        Sessions.Close(monitor);
        PlanHeader* plan = monitor->Plan;
        if (Records.HasRestart(plan))
        {
            // Of a container that is kept the session has nothing to do that the next life must wait for.
            Session.Released(monitor);
            HandOver(plan);
        }
        else if (!Session.ReleasedAndAcknowledged(monitor) && HasWorkLeft(monitor))
        {
            HandOver(plan);
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

    /// <summary>Releases the cgroups and says how the container ended; once.</summary>
    private static void Record(MonitorState* monitor)
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
    private static void CountOomKills(MonitorState* monitor)
    {
        if (monitor->OomKills < 0)
        {
            monitor->OomKills = Records.CountOomKills(monitor->Plan->OomCounter);
        }
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
        monitor->Signal = info.Code == SignalInfo.Exited ? 0 : info.Status;
        monitor->ExitCode = info.Code == SignalInfo.Exited ? info.Status : 128 + info.Status;
        Sys.Call(SysNr.Close, monitor->PidDescriptor);
        if (monitor->Plan->CgroupKiller >= 0)
        {
            Sys.Call(SysNr.Write, monitor->Plan->CgroupKiller, (long)Text.Z("1"u8), 1);
        }
    }

    /// <summary>
    /// Removes the container's cgroups. What a privileged container nested in them is left to the engine, and so are processes that outlive the first one where
    /// the kernel has no cgroup.kill.
    /// </summary>
    private static void Release(MonitorState* monitor)
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
    private static bool HasWorkLeft(MonitorState* monitor)
    {
        uint flags = monitor->Plan->Flags;
        return (flags & PlanFlags.RemoveAtEnd) != 0 || ((flags & PlanFlags.SharedPids) != 0 && monitor->CgroupsLeft > 0);
    }

    /// <summary>
    /// Becomes the program that removes a container that is to go at its end, where no session is there to do it, or that starts it again as its restart
    /// policy says. It is still the same process to all who know the monitor by its number and start time.
    /// </summary>
    private static void HandOver(PlanHeader* plan)
    {
        if (plan->HandOverProgram >= 0)
        {
            const int closeOnExec = 4;
            Sys.Call(SysNr.CloseRange, 3, uint.MaxValue, closeOnExec);
            SetSignal(Signals.SIGTERM, SignalAction.Default);
            SetSignal(Signals.SIGHUP, SignalAction.Default);
            SetSignal(Signals.SIGINT, SignalAction.Default);
            byte* origin = (byte*)plan;
            Sys.Call(
                SysNr.Execveat, plan->HandOverProgram, (long)Text.Z(""u8), (long)(origin + plan->HandOverArguments),
                (long)(origin + plan->HandOverEnvironment), Open.AtEmptyPath);
        }
    }

    private static void IgnoreSignal(int signal) => SetSignal(signal, SignalAction.Ignore);

    private static void SetSignal(int signal, ulong handler)
    {
        SignalAction action = default;
        action.Handler = handler;
        Sys.Call(SysNr.RtSigaction, signal, (long)&action, 0, sizeof(ulong));
    }
}
