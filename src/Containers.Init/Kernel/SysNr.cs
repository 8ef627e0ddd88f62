namespace Containers.Init;

/// <summary>System call numbers of the architecture the helper is built for (asm/unistd_64.h; asm-generic/unistd.h).</summary>
internal static class SysNr
{
#if ARM64
    internal const int Getcwd = 17, Fcntl = 25, Ioctl = 29, Mknodat = 33, Mkdirat = 34, Unlinkat = 35, Symlinkat = 36, Umount2 = 39, Faccessat = 48,
        Mount = 40, PivotRoot = 41, Fstatfs = 44, Ftruncate = 46, Fchdir = 50, Chdir = 49, Chroot = 51, Fchmod = 52, Fchown = 55, Fchownat = 54, Openat = 56, Close = 57, Dup3 = 24,
        Pipe2 = 59, Lseek = 62, Read = 63, Write = 64, Pread64 = 67, Ppoll = 73, Newfstatat = 79, Fstat = 80, Exit = 94, Waitid = 95,
        Unshare = 97, ClockGettime = 113, SchedSetaffinity = 122, Kill = 129, RtSigaction = 134, RtSigprocmask = 135, RtSigtimedwait = 137, Setpriority = 140, Setresgid = 149,
        Setresuid = 147, Setsid = 157, Setfsuid = 151, Setfsgid = 152, Setgroups = 159, Sethostname = 161, Setdomainname = 162, Umask = 166, Prctl = 167, Getpid = 172, Getppid = 173, Personality = 92,
        Capset = 91, Socket = 198, Getsockopt = 209, Accept4 = 242, Getuid = 174, Socketpair = 199, Recvfrom = 207, Setpgid = 154, Sendmsg = 211, Recvmsg = 212, Keyctl = 219, Execve = 221, Mmap = 222, Munmap = 215, Wait4 = 260, Prlimit64 = 261,
        Renameat2 = 276, Seccomp = 277, Execveat = 281, Setns = 268, Fchmodat = 53, Clone = 220;
#else
    internal const int Read = 0, Write = 1, Close = 3, Fstat = 5, Lseek = 8, Mmap = 9, Munmap = 11, RtSigaction = 13, RtSigprocmask = 14, Ioctl = 16,
        Pread64 = 17, Getpid = 39, Socket = 41, Getsockopt = 55, Accept4 = 288, Getuid = 102, Recvfrom = 45, Sendmsg = 46, Recvmsg = 47, Socketpair = 53, Clone = 56, Execve = 59, Wait4 = 61, Kill = 62, Fcntl = 72, Ftruncate = 77,
        Getcwd = 79, Chdir = 80, Fchdir = 81, Fchmod = 91, Fchown = 93, Umask = 95, Setpgid = 109, Setsid = 112, Setfsuid = 122, Setfsgid = 123, Setgroups = 116, Setresuid = 117, Setresgid = 119,
        Getppid = 110, Capset = 126, RtSigtimedwait = 128, Personality = 135, Fstatfs = 138, Setpriority = 141, PivotRoot = 155, Prctl = 157, Mount = 165,
        Umount2 = 166, Sethostname = 170, Setdomainname = 171, SchedSetaffinity = 203, ClockGettime = 228, Exit = 231, Waitid = 247, Keyctl = 250, Openat = 257, Mkdirat = 258,
        Mknodat = 259, Fchownat = 260, Newfstatat = 262, Unlinkat = 263, Symlinkat = 266, Fchmodat = 268, Faccessat = 269, Ppoll = 271, Unshare = 272, Dup3 = 292, Pipe2 = 293,
        Chroot = 161, Prlimit64 = 302, Setns = 308, Renameat2 = 316, Seccomp = 317, Execveat = 322;
#endif

    // The same on every architecture since Linux 5.1.
    internal const int PidfdSendSignal = 424, OpenTree = 428, MoveMount = 429, Fsopen = 430, Fsconfig = 431, Fsmount = 432, PidfdOpen = 434,
        Clone3 = 435, CloseRange = 436, Openat2 = 437, MountSetattr = 442;
}
