using System.Runtime;
using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>
/// The helper's beginning: <c>helper PLAN-DESCRIPTOR</c>. The process that the engine spawned clones the monitor and
/// is gone, so that the session is nobody's parent and keeps no zombie.
/// </summary>
internal static unsafe class Entry
{
    private const int UsageError = 64, BadPlan = 65, CloneFailed = 66;
    private const int ProtectReadWrite = 3, MapPrivate = 2;

    [RuntimeExport("cmain")]
    private static void Start(long* stack)
    {
        int argumentCount = (int)stack[0];
        byte** arguments = (byte**)(stack + 1);
        if (argumentCount != 2)
        {
            Text.Complain("Containers' helper: it is run by the engine, with a launch plan."u8);
            Exit(UsageError);
        }

        PlanHeader* plan = Map((int)Text.ParseNumber(arguments[1]));
        Descriptors.KeepOnlyPlans(plan);
        CloneArguments clone = default;
        clone.ExitSignal = Signals.SIGCHLD;
        if (plan->MonitorIntoCgroup >= 0)
        {
            clone.Flags = CloneArguments.IntoCgroup;
            clone.Cgroup = (ulong)plan->MonitorIntoCgroup;
        }

        long pid = Sys.Call(SysNr.Clone3, (long)&clone, sizeof(CloneArguments));
        if (pid == 0)
        {
            MonitorProcess.Run(plan);
        }

        Exit(pid < 0 ? CloneFailed : 0);
    }

    internal static void Exit(int code)
    {
        for (; ; )
        {
            Sys.Call(SysNr.Exit, code);
        }
    }

    private static PlanHeader* Map(int descriptor)
    {
        FileStat status = default;
        if (descriptor < 0 || Sys.Call(SysNr.Fstat, descriptor, (long)&status) < 0 || status.Size < sizeof(PlanHeader))
        {
            Exit(BadPlan);
        }

        long address = Sys.Call(SysNr.Mmap, 0, status.Size, ProtectReadWrite, MapPrivate, descriptor, 0);
        PlanHeader* plan = (PlanHeader*)address;
        if ((ulong)address >= unchecked((ulong)-4096) || plan->Magic != PlanHeader.ExpectedMagic || plan->Length > (ulong)status.Size)
        {
            Exit(BadPlan);
        }

        Sys.Call(SysNr.Close, descriptor);
        byte* origin = (byte*)plan;
        uint* relocations = (uint*)(origin + plan->RelocationsOffset);
        for (uint i = 0; i < plan->RelocationCount; i++)
        {
            *(long*)(origin + relocations[i]) += (long)origin;
        }

        return plan;
    }
}
