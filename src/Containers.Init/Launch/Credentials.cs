using System.Runtime.InteropServices;

namespace Containers.Init;

/// <summary>Who the container's command runs as.</summary>
internal unsafe struct Identity
{
    internal const int MaxGroups = 1024;

    internal uint Uid, Gid;
    internal int GroupCount;

    /// <summary>Room for <see cref="MaxGroups"/>, in pages of their own.</summary>
    internal uint* Groups;
}

/// <summary>Changes identity and all five capability sets (capabilities(7), "Effect of user ID changes on capabilities").</summary>
internal static unsafe class Credentials
{
    private const uint CapabilityVersion3 = 0x20080522;
    private const int LastCapability = 63;

    [StructLayout(LayoutKind.Sequential)]
    private struct CapabilityData
    {
        internal uint Version;
        internal int Pid;
        internal uint EffectiveLow, PermittedLow, InheritableLow, EffectiveHigh, PermittedHigh, InheritableHigh;
    }

    /// <summary>
    /// Bounding set first, while CAP_SETPCAP is there; then groups, gid and uid, while CAP_SETGID and CAP_SETUID are; then the
    /// others. Inheritable and ambient end up empty. A user other than root has none: the bounding set is all it could gain.
    /// </summary>
    internal static long TakeOn(Identity* identity, ulong bounding, ulong permitted)
    {
        for (int capability = 0; capability <= LastCapability; capability++)
        {
            if ((bounding >> capability & 1) != 0)
            {
                continue;
            }

            long dropped = Sys.Call(SysNr.Prctl, Prctl.DropBounding, capability, 0, 0, 0);
            if (dropped == -Error.EINVAL)
            {
                // Beyond the last one this kernel knows.
                break;
            }

            if (dropped < 0)
            {
                return dropped;
            }
        }

        Sys.Call(SysNr.Prctl, Prctl.Ambient, Prctl.AmbientClearAll, 0, 0, 0);
        long result = Sys.Call(SysNr.Setgroups, identity->GroupCount, (long)identity->Groups);
        if (result >= 0)
        {
            result = Sys.Call(SysNr.Setresgid, identity->Gid, identity->Gid, identity->Gid);
        }

        if (result >= 0)
        {
            result = Sys.Call(SysNr.Setresuid, identity->Uid, identity->Uid, identity->Uid);
        }

        if (result < 0)
        {
            return result;
        }

        ulong own = identity->Uid == 0 ? permitted : 0;
        CapabilityData data = default;
        data.Version = CapabilityVersion3;
        data.EffectiveLow = data.PermittedLow = (uint)own;
        data.EffectiveHigh = data.PermittedHigh = (uint)(own >> 32);
        return Sys.Call(SysNr.Capset, (long)&data, (long)&data.EffectiveLow);
    }
}
