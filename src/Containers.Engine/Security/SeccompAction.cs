namespace Containers.Engine.Security;

/// <summary>What a filter does with a system call (seccomp(2)); the values are SECCOMP_RET_*.</summary>
internal enum SeccompAction : uint
{
    /// <summary>SECCOMP_RET_KILL_PROCESS: the process dies of SIGSYS. Linux 4.14; older kernels kill the thread.</summary>
    KillProcess = 0x80000000,

    /// <summary>SECCOMP_RET_KILL_THREAD: the thread dies of SIGSYS.</summary>
    KillThread = 0,

    /// <summary>SECCOMP_RET_TRAP: SIGSYS, which can be caught.</summary>
    Trap = 0x00030000,

    /// <summary>SECCOMP_RET_ERRNO: the call fails with an error number.</summary>
    Errno = 0x00050000,

    /// <summary>SECCOMP_RET_TRACE: a tracer decides; ENOSYS without one.</summary>
    Trace = 0x7FF00000,

    /// <summary>SECCOMP_RET_LOG: allowed, and in the kernel's audit log. Linux 4.14.</summary>
    Log = 0x7FFC0000,

    /// <summary>SECCOMP_RET_ALLOW.</summary>
    Allow = 0x7FFF0000,
}
