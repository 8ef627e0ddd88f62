using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Containers.Interop;

/// <summary>Pipes, socket pairs and waiting on them.</summary>
public static unsafe partial class Channels
{
    private const int UnixFamily = 1, SequencedPacket = 5, SocketCloseOnExec = 0x80000, NoSignal = 0x4000;

    /// <summary>
    /// Opens /dev/null for each standard descriptor that this process was started without: or the next file opened would be taken
    /// for standard input or output, here and by every child.
    /// </summary>
    public static void EnsureStandardDescriptors()
    {
        fixed (byte* path = Native.Utf8Z("/dev/null"))
        {
            int descriptor;
            do
            {
                descriptor = LibC.open(path, LibC.O_RDWR);
            }
            while (descriptor is >= 0 and <= 2);

            if (descriptor > 2)
            {
                _ = LibC.close(descriptor);
            }
        }
    }

    /// <summary>pipe2(2) with O_CLOEXEC.</summary>
    /// <returns>The reading and the writing end.</returns>
    /// <exception cref="KernelException">No descriptors are left.</exception>
    public static (FileDescriptor Read, FileDescriptor Write) MakePipe()
    {
        int* ends = stackalloc int[2];
        _ = Native.Check(LibC.pipe2(ends, LibC.O_CLOEXEC), "making", "a pipe");
        return (new FileDescriptor(ends[0]), new FileDescriptor(ends[1]));
    }

    /// <summary>A connected pair of SOCK_SEQPACKET sockets (unix(7)): messages keep their borders, and an end that is gone is noticed.</summary>
    /// <returns>The two ends.</returns>
    /// <exception cref="KernelException">No descriptors are left.</exception>
    public static (FileDescriptor Ours, FileDescriptor Theirs) MakeSocketPair()
    {
        int* ends = stackalloc int[2];
        _ = Native.Check(LibC.socketpair(UnixFamily, SequencedPacket | SocketCloseOnExec, 0, ends), "making", "a socket pair");
        return (new FileDescriptor(ends[0]), new FileDescriptor(ends[1]));
    }

    /// <summary>Sends one message.</summary>
    /// <typeparam name="T">Its layout.</typeparam>
    /// <param name="socket">One end of a pair.</param>
    /// <param name="message">The message.</param>
    /// <returns>False where the other end is gone.</returns>
    public static bool TrySend<T>(FileDescriptor socket, T message)
        where T : unmanaged => (long)LibC.send(socket.Number, &message, sizeof(T), NoSignal) == sizeof(T);

    /// <summary>Receives one message, and the descriptor that came with it (SCM_RIGHTS, unix(7)).</summary>
    /// <typeparam name="T">Its layout.</typeparam>
    /// <param name="socket">One end of a pair.</param>
    /// <param name="message">The message.</param>
    /// <param name="descriptor">The descriptor, which the caller disposes; null where none came.</param>
    /// <returns>False where the other end is gone.</returns>
    public static bool TryReceive<T>(FileDescriptor socket, out T message, out FileDescriptor? descriptor)
        where T : unmanaged
    {
        const int room = 64;
        byte* control = stackalloc byte[room];
        T received = default;
        iovec vector = new() { iov_base = &received, iov_len = sizeof(T) };
        msghdr header = default;
        long count;
        do
        {
            header.msg_iov = &vector;
            header.msg_iovlen = 1;
            header.msg_control = control;
            header.msg_controllen = room;
            count = (long)LibC.recvmsg(socket.Number, &header, LibC.MSG_CMSG_CLOEXEC);
        }
        while (count < 0 && LibC.errno == LibC.EINTR);
        cmsghdr* first = count >= 0 ? LibC.CMSG_FIRSTHDR(&header) : null;
        descriptor = first is not null && first->cmsg_level == LibC.SOL_SOCKET && first->cmsg_type == LibC.SCM_RIGHTS
            ? new FileDescriptor(*(int*)LibC.CMSG_DATA(first)) : null;
        message = received;
        return count == sizeof(T);
    }

    /// <summary>Waits until a descriptor is readable or its other end is gone (poll(2)).</summary>
    /// <param name="descriptor">A pipe, socket or pidfd.</param>
    /// <param name="timeout">How long at most; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>False when the time is up.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static bool WaitReadable(FileDescriptor descriptor, TimeSpan timeout, CancellationToken cancellation)
    {
        using WakeUp? wake = cancellation.CanBeCanceled ? new WakeUp() : null;
        using CancellationTokenRegistration registration = wake is null ? default : cancellation.UnsafeRegister(static w => ((WakeUp)w!).Set(), wake);
        long deadline = timeout == Timeout.InfiniteTimeSpan ? long.MaxValue : Environment.TickCount64 + (long)Math.Ceiling(timeout.TotalMilliseconds);
        Span<PollEntry> entries = [new(descriptor.Number, PollEvents.Readable), new(wake?.Number ?? -1, PollEvents.Readable)];
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            long left = deadline == long.MaxValue ? -1 : Math.Max(0, deadline - Environment.TickCount64);
            bool isReady = Poll(entries, (int)Math.Min(left, int.MaxValue));
            if (isReady && entries[0].Returned != PollEvents.None)
            {
                return true;
            }

            if (!isReady && left >= 0 && Environment.TickCount64 >= deadline)
            {
                return false;
            }
        }
    }

    /// <summary>poll(2).</summary>
    /// <param name="entries">What is waited for, and what came; those with a negative descriptor are passed over.</param>
    /// <param name="milliseconds">How long at most; -1 for ever.</param>
    /// <returns>Whether something came; false too when a signal ended the waiting early.</returns>
    /// <exception cref="KernelException">The call failed.</exception>
    public static bool Poll(Span<PollEntry> entries, int milliseconds)
    {
        fixed (PollEntry* p = entries)
        {
            int ready = poll(p, (nuint)entries.Length, milliseconds);
            return ready >= 0 || LibC.errno == LibC.EINTR ? ready > 0 : throw Native.LastError("waiting for", "a descriptor");
        }
    }

    // Tmds.LibC 0.5.0 imports poll without keeping errno, so that a signal would look like any other failure.
    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollEntry* entries, nuint count, int milliseconds);
}
