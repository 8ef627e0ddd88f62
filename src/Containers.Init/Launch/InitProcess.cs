using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>
/// The helper as the container's pid 1 (-Init): it starts the command as its child, passes signals on, reaps what is
/// orphaned, and ends as the command ended. The pid namespace ends with it.
/// </summary>
internal static unsafe class InitProcess
{
    private const int SetMask = 2, NoHang = 1;

    /// <summary>Clones; comes back in the child, which goes on to execute the command.</summary>
    internal static long StayIfParent(LaunchState* state)
    {
        ulong all = ulong.MaxValue, none = 0;
        Sys.Call(SysNr.RtSigprocmask, SetMask, (long)&all, 0, sizeof(ulong));
        CloneArguments clone = default;
        clone.ExitSignal = Signals.SIGCHLD;
        long child = Sys.Call(SysNr.Clone3, (long)&clone, sizeof(CloneArguments));
        if (child == -38)
        {
            // The seccomp profile answers clone3 with ENOSYS, because it cannot see its flags.
            child = Sys.Call(SysNr.Clone, Signals.SIGCHLD);
        }

        if (child == 0)
        {
            if ((state->Plan->Flags & PlanFlags.Terminal) != 0)
            {
                Terminal.TakeForeground();
            }

            Sys.Call(SysNr.RtSigprocmask, SetMask, (long)&none, 0, sizeof(ulong));
            return 0;
        }

        if (child < 0)
        {
            return child;
        }

        // With the pipe closed here, the monitor learns from the child alone whether the command runs.
        Sys.Call(SysNr.Close, state->FailurePipe);
        Sys.Call(SysNr.CloseRange, 0, uint.MaxValue, 0);
        Serve((int)child, &all);
        return 0;
    }

    private static void Serve(int child, ulong* all)
    {
        for (; ; )
        {
            long signal = Sys.Call(SysNr.RtSigtimedwait, (long)all, 0, 0, sizeof(ulong));
            if (signal == Signals.SIGCHLD)
            {
                Reap(child);
            }
            else if (signal > 0)
            {
                Sys.Call(SysNr.Kill, child, signal);
            }
        }
    }

    private static void Reap(int child)
    {
        for (; ; )
        {
            int status = 0;
            long pid = Sys.Call(SysNr.Wait4, -1, (long)&status, NoHang, 0);
            if (pid <= 0)
            {
                return;
            }

            if (pid == child)
            {
                int signal = status & 0x7f;
                Entry.Exit(signal == 0 ? (status >> 8) & 0xff : 128 + signal);
            }
        }
    }
}
