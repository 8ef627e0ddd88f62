using Containers.Init;
using Containers.Init.Plan;

namespace Containers.Engine.Runtime.Launch;

/// <summary>Steps that plans of different purposes have in common.</summary>
internal static class CommandSteps
{
    private const int InternetFamily = 2, DatagramCloseOnExec = 0x80002, SetInterfaceFlags = 0x8914;
    private const int CloseRangeCloseOnExec = 4;
    private const int FirstThreadSignal = 32, LastThreadSignal = 33;
    private const int SigKill = 9, ParentDeathSignal = 1, SetDumpable = 4;

    /// <summary>The loopback interface of a network namespace, which is down in a new one.</summary>
    public static void BringUpLoopback(PlanBuilder plan)
    {
        // struct ifreq: the interface's name in 16 bytes, then its flags, here IFF_UP.
        byte[] interfaceRequest = new byte[40];
        "lo"u8.CopyTo(interfaceRequest);
        interfaceRequest[16] = 1;
        PlanArgument socket = plan.NewRegister();
        var text = new StepText("bringing up the loopback interface");
        plan.Call(text, SysNr.Socket, InternetFamily, DatagramCloseOnExec, 0).Into(socket);
        plan.Call(text, SysNr.Ioctl, socket, SetInterfaceFlags, PlanArgument.Offset(plan.AddBytes(interfaceRequest)));
        plan.Call(text, SysNr.Close, socket);
    }

    /// <summary>The process ends with its monitor, is in a session of its own, and is not to be looked into.</summary>
    public static void Begin(PlanBuilder plan)
    {
        EndWithMonitor(plan);

        // kill(0, ...) and setpriority(2) reach a whole process group or session, in whatever pid namespace its members are: the monitor's must not
        // be the container's.
        plan.Call(new("leaving the monitor's session"), SysNr.Setsid);

        // Nothing that shares the command's pid namespace may look into the helper or trace it.
        plan.Call(new("hiding the helper"), SysNr.Prctl, SetDumpable, 0);
    }

    /// <summary>A change of credentials clears it.</summary>
    public static void EndWithMonitor(PlanBuilder plan) => plan.Call(new("asking to end with the monitor"), SysNr.Prctl, ParentDeathSignal, SigKill);

    /// <summary>The C library's posix_spawn(3) leaves the two signals that it keeps for its threads ignored, whatever it is asked for.</summary>
    public static void ResetSignals(PlanBuilder plan)
    {
        PlanArgument defaultAction = PlanArgument.Offset(plan.AddStruct([0, 0, 0, 0]));
        for (int signal = FirstThreadSignal; signal <= LastThreadSignal; signal++)
        {
            plan.Call(new("setting the signals to their defaults"), SysNr.RtSigaction, signal, defaultAction, 0, sizeof(long));
        }
    }

    /// <summary>After the last change of credentials: the monitor lives, and the command gets three descriptors.</summary>
    public static void KeepStandardStreams(PlanBuilder plan)
    {
        EndWithMonitor(plan);
        plan.Do(new("checking that the monitor lives"), PlanOperation.VerifyMonitor);
        for (int standard = 0; standard <= 2; standard++)
        {
            plan.Call(new("setting the standard streams"), SysNr.Dup3, PlanArgument.Register(standard), standard, 0);
        }

        plan.Call(new("closing every other descriptor"), SysNr.CloseRange, 3, uint.MaxValue, CloseRangeCloseOnExec);
    }
}
