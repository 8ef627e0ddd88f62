using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>Checks between steps: things that must be what the plan takes them for.</summary>
internal static unsafe class Verify
{
    internal static long Device(LaunchState* state, int descriptor, uint major, uint minor)
    {
        FileStat status = default;
        long result = Sys.Call(SysNr.Fstat, descriptor, (long)&status);
        if (result < 0)
        {
            return result;
        }

        ulong number = status.RawDevice;
        uint actualMajor = (uint)(((number >> 8) & 0xfff) | ((number >> 32) & 0xfffff000));
        uint actualMinor = (uint)((number & 0xff) | ((number >> 12) & 0xffffff00));
        if ((status.Mode & FileType.Mask) == FileType.CharacterDevice && actualMajor == major && actualMinor == minor)
        {
            return 0;
        }

        state->Fault = PlanFault.WrongDevice;
        return -Error.EINVAL;
    }

    internal static long FileSystem(LaunchState* state, int descriptor, long magic, bool isRefused)
    {
        // struct statfs begins with f_type, a long; the rest is not looked at.
        long* status = stackalloc long[16];
        long result = Sys.Call(SysNr.Fstatfs, descriptor, (long)status);
        if (result < 0)
        {
            return result;
        }

        if ((status[0] == magic) != isRefused)
        {
            return 0;
        }

        state->Fault = PlanFault.WrongFileSystem;
        return -Error.EINVAL;
    }

    internal static long WorkingFolder(LaunchState* state)
    {
        byte* path = stackalloc byte[4096];
        long length = Sys.Call(SysNr.Getcwd, (long)path, 4096);
        if (length > 0 && path[0] == (byte)'/')
        {
            return 0;
        }

        state->Fault = PlanFault.OutsideRoot;
        return length < 0 ? length : -Error.ENOENT;
    }

    internal static long Monitor(LaunchState* state)
    {
        // The parent lies outside the pid namespace, so getppid says 0; but the pipe's reader is the monitor alone.
        PollEntry entry = default;
        entry.Descriptor = state->FailurePipe;
        TimeSpec none = default;
        long result = Sys.Call(SysNr.Ppoll, (long)&entry, 1, (long)&none, 0, 8);
        if (result < 0 || (entry.Returned & (PollEntry.Error | PollEntry.HangUp)) == 0)
        {
            return result;
        }

        state->Fault = PlanFault.MonitorGone;
        return -Error.EPIPE;
    }
}
