using static Containers.Engine.Security.SeccompOperator;

namespace Containers.Engine.Security;

/// <summary>
/// The profile of a container that asks for none: what is not listed fails with EPERM, and what the newest listed call
/// predates with ENOSYS. docs/seccomp.md tells how it differs from Docker's; a test asserts exactly those differences.
/// </summary>
internal static class DefaultSeccompProfile
{
    private const string Descriptors = """
        close close_range dup dup2 dup3 fcntl fcntl64 ioctl flock pipe pipe2 poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64
        epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2
        signalfd signalfd4 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64
        inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark
        """;

    private const string InputAndOutput = """
        read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek _llseek sendfile sendfile64 splice tee vmsplice
        copy_file_range readahead fadvise64 fadvise64_64 arm_fadvise64_64 fallocate ftruncate ftruncate64 truncate truncate64 cachestat
        sync syncfs fsync fdatasync sync_file_range sync_file_range2 arm_sync_file_range
        io_setup io_submit io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64
        """;

    private const string FilesAndFolders = """
        open openat openat2 creat access faccessat faccessat2 stat stat64 lstat lstat64 fstat fstat64 newfstatat fstatat64 statx
        statfs statfs64 fstatfs fstatfs64 statmount listmount getdents getdents64 readlink readlinkat name_to_handle_at
        link linkat symlink symlinkat unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir mknod mknodat
        chdir fchdir getcwd umask chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 lchown lchown32 fchownat
        utime utimes futimesat utimensat utimensat_time64
        getxattr lgetxattr fgetxattr getxattrat listxattr llistxattr flistxattr listxattrat
        setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat
        """;

    private const string Memory = """
        brk mmap mmap2 munmap mremap mprotect madvise mincore msync mlock mlock2 mlockall munlock munlockall mseal map_shadow_stack
        pkey_alloc pkey_free pkey_mprotect remap_file_pages memfd_create memfd_secret membarrier
        """;

    private const string Processes = """
        fork vfork execve execveat exit exit_group wait4 waitid waitpid kill tkill tgkill prctl seccomp
        getpid getppid gettid getpgid getpgrp setpgid getsid setsid pidfd_open pidfd_send_signal process_mrelease restart_syscall
        getpriority setpriority ioprio_get ioprio_set getrlimit ugetrlimit setrlimit prlimit64 getrusage getcpu times
        sched_getaffinity sched_getattr sched_getparam sched_get_priority_max sched_get_priority_min sched_getscheduler
        sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield
        landlock_create_ruleset landlock_add_rule landlock_restrict_self uname sysinfo getrandom
        """;

    private const string Threads = """
        futex futex_time64 futex_wait futex_waitv futex_wake futex_requeue get_robust_list set_robust_list set_tid_address rseq uretprobe
        get_thread_area set_thread_area arch_prctl modify_ldt set_tls breakpoint cacheflush
        """;

    private const string Signals = """
        pause sigaltstack sigprocmask sigreturn rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn
        rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo
        """;

    private const string Time = """
        alarm getitimer setitimer nanosleep time gettimeofday clock_getres clock_getres_time64 clock_gettime clock_gettime64
        clock_nanosleep clock_nanosleep_time64 timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64
        adjtimex clock_adjtime clock_adjtime64
        """;

    private const string UsersAndCapabilities = """
        getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32 getresgid getresgid32 getgroups getgroups32
        setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32
        setfsuid setfsuid32 setfsgid setfsgid32 setgroups setgroups32 capget capset
        """;

    private const string Sockets = """
        socketpair bind connect listen accept accept4 shutdown getsockname getpeername getsockopt setsockopt
        send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64
        """;

    private const string Messages = """
        ipc semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget msgctl msgget msgrcv msgsnd
        mq_open mq_unlink mq_getsetattr mq_notify mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64
        """;

    // CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET; CLONE_NEWTIME cannot be given to clone(2).
    private const ulong NamespaceFlags = 0x7E020000;

    private const int AF_ALG = 38;
    private const int AF_VSOCK = 40;
    private const int AF_MCTP = 45;

    private const ulong PER_LINUX32 = 0x0008;
    private const ulong UNAME26 = 0x20000;
    private const ulong QueryPersonality = 0xFFFFFFFF;

    /// <summary>Makes the profile.</summary>
    /// <returns>The profile.</returns>
    internal static SeccompProfile Create() => new(SeccompAction.Errno, [.. Everyone(), .. ByCapability()])
    {
        Abis = Enum.GetValues<SystemCallAbi>(),
    };

    private static IEnumerable<SeccompRule> Everyone()
    {
        yield return Allow(string.Join(
            ' ', Descriptors, InputAndOutput, FilesAndFolders, Memory, Processes, Threads, Signals, Time, UsersAndCapabilities, Sockets, Messages));

        // Before 4.8 a tracer could change the call after the filter had passed it.
        yield return Allow("ptrace process_vm_readv process_vm_writev") with { Includes = new() { MinimumKernel = new Version(4, 8) } };

        // The kernel takes the family as an int: only whole registers below 2^32 may pass, or AF_ALG + 2^32 would open AF_ALG.
        yield return Allow("socket", new SeccompArgument(0, LessThan, AF_ALG));
        yield return Allow("socket", new SeccompArgument(0, Equal, AF_ALG + 1));
        yield return Allow("socket", new SeccompArgument(0, GreaterThan, AF_VSOCK), new SeccompArgument(0, LessOrEqual, AF_MCTP));

        // i386 multiplexes socket(2) through memory, where no filter sees the family; the calls of their own exist since Linux 4.3.
        yield return Refuse("socketcall", SeccompProfile.ENOSYS);

        foreach (ulong personality in (ulong[])[0, PER_LINUX32, UNAME26, UNAME26 | PER_LINUX32, QueryPersonality])
        {
            yield return Allow("personality", new SeccompArgument(0, Equal, personality));
        }

        yield return Allow("clone", new SeccompArgument(0, MaskedEqual, NamespaceFlags));

        // Its flags are in memory; C libraries take clone(2) then.
        yield return Refuse("clone3", SeccompProfile.ENOSYS) with { Excludes = Holding(Capability.CAP_SYS_ADMIN) };
    }

    private static IEnumerable<SeccompRule> ByCapability()
    {
        yield return With(
            Capability.CAP_SYS_ADMIN,
            """
            clone clone3 unshare setns mount umount umount2 mount_setattr move_mount open_tree fsopen fsconfig fsmount fspick
            sethostname setdomainname quotactl quotactl_fd fanotify_init lookup_dcookie bpf perf_event_open syslog
            lsm_get_self_attr lsm_set_self_attr lsm_list_modules
            """);
        yield return With(Capability.CAP_BPF, "bpf");
        yield return With(Capability.CAP_DAC_READ_SEARCH, "open_by_handle_at");
        yield return With(Capability.CAP_PERFMON, "perf_event_open");
        yield return With(Capability.CAP_SYSLOG, "syslog");
        yield return With(Capability.CAP_SYS_BOOT, "reboot");
        yield return With(Capability.CAP_SYS_CHROOT, "chroot");
        yield return With(Capability.CAP_SYS_MODULE, "init_module finit_module delete_module");
        yield return With(Capability.CAP_SYS_NICE, "get_mempolicy set_mempolicy set_mempolicy_home_node mbind");
        yield return With(Capability.CAP_SYS_PACCT, "acct");
        yield return With(Capability.CAP_SYS_PTRACE, "ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp");
        yield return With(Capability.CAP_SYS_RAWIO, "iopl ioperm");
        yield return With(Capability.CAP_SYS_TIME, "settimeofday stime clock_settime clock_settime64");
        yield return With(Capability.CAP_SYS_TTY_CONFIG, "vhangup");
    }

    private static SeccompRule Allow(string names, params SeccompArgument[] arguments) =>
        new(SeccompAction.Allow, Split(names)) { Arguments = arguments };

    private static SeccompRule Refuse(string names, ushort errno) => new(SeccompAction.Errno, Split(names)) { Data = errno };

    private static SeccompRule With(Capability capability, string names) => Allow(names) with { Includes = Holding(capability) };

    private static SeccompCondition Holding(Capability capability) => new() { Capabilities = CapabilitySet.Of(capability) };

    private static string[] Split(string names) =>
        names.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
