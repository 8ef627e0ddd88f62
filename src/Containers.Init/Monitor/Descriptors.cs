using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>Which of the descriptors that the helper was born with stay open.</summary>
internal static unsafe class Descriptors
{
    /// <summary>
    /// Closes all but the plan's (PlanHeader.KeepOffset, ascending): whatever else the session's process left inheritable is neither
    /// the container's nor the monitor's business, and a pipe kept open here would keep its reader waiting.
    /// </summary>
    internal static void KeepOnlyPlans(PlanHeader* plan)
    {
        PlanDescriptor* keep = (PlanDescriptor*)((byte*)plan + plan->KeepOffset);
        long first = 3;
        for (uint i = 0; i < plan->KeepCount; i++)
        {
            if (keep[i].Descriptor > first)
            {
                Sys.Call(SysNr.CloseRange, first, keep[i].Descriptor - 1, 0);
            }

            first = keep[i].Descriptor + 1;
        }

        Sys.Call(SysNr.CloseRange, first, uint.MaxValue, 0);
        long nothing = Sys.Call(SysNr.Openat, Open.AtCurrentFolder, (long)Text.Z("/dev/null"u8), Open.ReadWrite | Open.CloseOnExec);
        const int setDescriptorFlags = 2;
        for (int standard = 0; standard <= 2; standard++)
        {
            // It is one of the three itself where the session had closed that one.
            if (nothing == standard)
            {
                Sys.Call(SysNr.Fcntl, standard, setDescriptorFlags, 0);
            }
            else
            {
                Sys.Call(SysNr.Dup3, nothing, standard, 0);
            }
        }

        if (nothing > 2)
        {
            Sys.Call(SysNr.Close, nothing);
        }
    }

    /// <summary>Closes those that only the first process needs, so that the monitor pins no folder or mount of the host.</summary>
    internal static void KeepOnlyMonitors(PlanHeader* plan)
    {
        PlanDescriptor* keep = (PlanDescriptor*)((byte*)plan + plan->KeepOffset);
        for (uint i = 0; i < plan->KeepCount; i++)
        {
            if (keep[i].IsMonitors == 0)
            {
                Sys.Call(SysNr.Close, keep[i].Descriptor);
            }
        }
    }
}
