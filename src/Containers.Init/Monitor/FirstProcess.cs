using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>The monitor's child that becomes the container's first process, or a further command: its clone, and the way until the command runs.</summary>
internal static unsafe class FirstProcess
{
    /// <summary>Clones the first process; it does not come back from here in the child. Gives the pipe on which a failure is told.</summary>
    internal static int Start(LaunchState* state, MonitorState* monitor)
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
    internal static bool FollowEntered(LaunchState* state, MonitorState* monitor, PlanFailure* told)
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
    internal static void TakeTerminal(MonitorState* monitor)
    {
        int terminal = DescriptorMessage.ReceiveDescriptor(monitor->Output.Source);
        Sys.Call(SysNr.Close, monitor->Output.Source);
        monitor->Output.Source = terminal;
    }

    /// <summary>
    /// True once the command has replaced the helper: the pipe's end, closed by exec, after the byte that announced it. A failure may
    /// come before or after that byte; an end without either is a death on the way.
    /// </summary>
    internal static bool WaitForExec(int pipe, PlanFailure* told)
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
}
