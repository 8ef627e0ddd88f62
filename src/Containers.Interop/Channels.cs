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

    /// <summary>Receives one message.</summary>
    /// <typeparam name="T">Its layout.</typeparam>
    /// <param name="socket">One end of a pair.</param>
    /// <param name="message">The message.</param>
    /// <returns>False where the other end is gone.</returns>
    public static bool TryReceive<T>(FileDescriptor socket, out T message)
        where T : unmanaged
    {
        T received = default;
        long count;
        do
        {
            count = (long)LibC.recv(socket.Number, &received, sizeof(T), 0);
        }
        while (count < 0 && LibC.errno == LibC.EINTR);
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
        using FileDescriptor? wake = cancellation.CanBeCanceled ? MakeEvent() : null;
        using CancellationTokenRegistration registration = wake is null ? default : cancellation.UnsafeRegister(Wake, wake);
        long deadline = timeout == Timeout.InfiniteTimeSpan ? long.MaxValue : Environment.TickCount64 + (long)Math.Ceiling(timeout.TotalMilliseconds);
        pollfd* entries = stackalloc pollfd[2];
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            long left = deadline == long.MaxValue ? -1 : Math.Max(0, deadline - Environment.TickCount64);
            entries[0] = new pollfd { fd = descriptor.Number, events = (short)LibC.POLLIN };
            entries[1] = new pollfd { fd = wake?.Number ?? -1, events = (short)LibC.POLLIN };
            int ready = poll(entries, 2, (int)Math.Min(left, int.MaxValue));
            if (ready < 0 && LibC.errno != LibC.EINTR)
            {
                throw Native.LastError("waiting for", "a descriptor");
            }

            if (ready > 0 && entries[0].revents != 0)
            {
                return true;
            }

            if (ready == 0 && left >= 0 && Environment.TickCount64 >= deadline)
            {
                return false;
            }
        }
    }

    // Tmds.LibC 0.5.0 imports poll without keeping errno, so that a signal would look like any other failure.
    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(pollfd* entries, nuint count, int milliseconds);

    private static FileDescriptor MakeEvent() =>
        new(Native.Check(LibC.eventfd(0, LibC.EFD_CLOEXEC), "making", "an event descriptor"));

    private static void Wake(object? state)
    {
        ulong one = 1;
        var wake = (FileDescriptor)state!;
        _ = LibC.write(wake.Number, &one, sizeof(ulong));
    }
}
