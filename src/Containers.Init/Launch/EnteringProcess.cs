using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>
/// The way into a pid namespace whose processes may trace (ptrace(2)) whoever is in it: what enters has given up everything before, namespaces, credentials,
/// descriptors, system calls, so that there is nothing to be gained by taking it over.
/// </summary>
internal static unsafe class EnteringProcess
{
    /// <summary>Clones the process that executes the command, the monitor's child as this one is; comes back in that one alone.</summary>
    internal static long Enter(LaunchState* state)
    {
        // Marked to be closed by exec they are already, which is too late.
        CloseAllBut(state->FailurePipe);
        CloneArguments clone = default;
        clone.Flags = CloneArguments.SameParent | CloneArguments.TellParent;
        clone.ParentTid = (ulong)state->Entered;
        long child = Sys.Call(SysNr.Clone3, (long)&clone, sizeof(CloneArguments));
        if (child == -38)
        {
            // The seccomp profile answers clone3 with ENOSYS, because it cannot see its flags.
            child = Sys.Call(SysNr.Clone, (long)clone.Flags, 0, (long)state->Entered);
        }

        if (child > 0)
        {
            Entry.Exit(0);
        }

        return child < 0 ? child : SettleIn(state);
    }

    /// <summary>All but the standard streams and one. A seccomp profile may be older than close_range(2), and refuse it.</summary>
    private static void CloseAllBut(long kept)
    {
        const int highest = 1 << 16;
        long below = kept > 3 ? Sys.Call(SysNr.CloseRange, 3, kept - 1, 0) : 0;
        long above = Sys.Call(SysNr.CloseRange, kept + 1, uint.MaxValue, 0);
        for (int descriptor = 3; (below < 0 || above < 0) && descriptor < highest; descriptor++)
        {
            if (descriptor != kept)
            {
                Sys.Call(SysNr.Close, descriptor);
            }
        }
    }

    /// <summary>What a clone does not pass on. A seccomp profile may refuse it: then the command still ends with the container.</summary>
    private static long SettleIn(LaunchState* state)
    {
        Sys.Call(SysNr.Prctl, Prctl.ParentDeathSignal, Signals.SIGKILL, 0, 0, 0);
        Sys.Call(SysNr.Setsid);
        long result = Verify.Monitor(state);
        return result < 0 || (state->Plan->Flags & PlanFlags.Terminal) == 0 ? result : Terminal.TakeControl();
    }
}
