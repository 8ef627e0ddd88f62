using System.Runtime.InteropServices;

namespace Containers.Interop;

/// <summary>Descriptors that name one process for good, however its number is used later (pidfd_open(2)).</summary>
public static unsafe partial class Pidfd
{
    /// <summary>pidfd_open(2); the descriptor is close-on-exec by itself.</summary>
    /// <param name="pid">A process's number in this process's PID namespace.</param>
    /// <param name="errno">The error number, or <see cref="Errno.None"/>; <see cref="Errno.ESRCH"/> where there is no such process.</param>
    /// <returns>The descriptor, or null.</returns>
    public static FileDescriptor? TryOpen(int pid, out Errno errno)
    {
        nint fd = syscall2(SystemCall.PidfdOpen, pid, 0);
        errno = fd < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
        return fd < 0 ? null : new FileDescriptor((int)fd);
    }

    /// <summary>pidfd_send_signal(2).</summary>
    /// <param name="process">A descriptor of <see cref="TryOpen"/>.</param>
    /// <param name="signal">The signal's number; 0 only asks whether the process is there.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TrySignal(FileDescriptor process, int signal) =>
        syscall4(SystemCall.PidfdSendSignal, process.Number, signal, 0, 0) < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;

    /// <summary>As <see cref="TrySignal"/>, to the process group that the process leads (PIDFD_SIGNAL_PROCESS_GROUP, since Linux 6.9).</summary>
    /// <param name="process">A descriptor of <see cref="TryOpen"/>.</param>
    /// <param name="signal">The signal's number.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>; <see cref="Errno.EINVAL"/> where the kernel does not know it.</returns>
    public static Errno TrySignalGroup(FileDescriptor process, int signal)
    {
        const int processGroup = 4;
        return syscall4(SystemCall.PidfdSendSignal, process.Number, signal, 0, processGroup) < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall2(nint number, nint a, nint b);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall4(nint number, nint a, nint b, nint c, nint d);
}
