using System.Runtime.InteropServices;

namespace Containers.Init;

/// <summary>struct clone_args of clone3(2), as of Linux 5.7.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CloneArguments
{
    internal const ulong WithPidDescriptor = 0x1000, SameParent = 0x8000, TellParent = 0x10_0000, IntoCgroup = 0x2_0000_0000;

    internal ulong Flags, PidDescriptor, ChildTid, ParentTid, ExitSignal, Stack, StackSize, ThreadStorage, SetTid, SetTidSize, Cgroup;
}

/// <summary>struct open_how of openat2(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpenHow
{
    internal ulong Flags, Mode, Resolve;
}

/// <summary>struct stat of fstat(2).</summary>
[StructLayout(LayoutKind.Sequential, Size = 144)]
internal struct FileStat
{
#if ARM64
    internal ulong Device, Inode;
    internal uint Mode, Links, Uid, Gid;
    internal ulong RawDevice, Padding;
    internal long Size;
#else
    internal ulong Device, Inode, Links;
    internal uint Mode, Uid, Gid, Padding;
    internal ulong RawDevice;
    internal long Size;
#endif
}

/// <summary>struct timespec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpec
{
    internal long Seconds, Nanoseconds;
}

/// <summary>struct pollfd of poll(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollEntry
{
    internal const short In = 1, Out = 4, Error = 8, HangUp = 16;

    internal int Descriptor;
    internal short Events, Returned;
}

/// <summary>The part of siginfo_t that waitid(2) fills.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal struct SignalInfo
{
    /// <summary>si_code of a child that called exit.</summary>
    internal const int Exited = 1;

    internal int Signal, Errno, Code, Padding, Pid;
    internal uint Uid;
    internal int Status;
}

/// <summary>struct sigaction as the kernel takes it on x86-64 and arm64.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SignalAction
{
    internal const ulong Default = 0, Ignore = 1;

    internal ulong Handler, Flags, Restorer, Mask;
}
