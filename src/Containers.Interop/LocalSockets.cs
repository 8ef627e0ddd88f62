using System.Text;
using Tmds.Linux;

namespace Containers.Interop;

/// <summary>
/// Sockets with a name in a folder (unix(7), SOCK_SEQPACKET). They are reached by the folder's descriptor, so that the 108 bytes that an address has are
/// enough however deep the folder lies.
/// </summary>
public static unsafe class LocalSockets
{
    private const int UnixFamily = 1, SequencedPacket = 5, SocketCloseOnExec = 0x80000, SocketNonBlocking = 0x800, NoSignal = 0x4000;
    private const int OwnerOnly = 0x180;
    private const int Waiting = 16;

    /// <summary>Makes a socket that listens, for its owner alone. One that was there before is replaced.</summary>
    /// <param name="folder">The folder's descriptor.</param>
    /// <param name="name">The socket's name in it.</param>
    /// <returns>The socket, non-blocking.</returns>
    /// <exception cref="KernelException">It cannot be made.</exception>
    public static FileDescriptor Listen(FileDescriptor folder, string name)
    {
        FileDescriptor socket = Make(name);
        try
        {
            // The file takes its mode from the socket: nobody else can connect, not even for a moment.
            _ = Native.Check(LibC.fchmod(socket.Number, OwnerOnly), "setting the mode of the socket", name);
            byte[] address = Address(folder, name);
            fixed (byte* p = address)
            {
                int bound = LibC.bind(socket.Number, (sockaddr*)p, (uint)address.Length);
                if (bound < 0 && Native.Errno == Errno.EADDRINUSE)
                {
                    _ = Files.TryRemove(folder.Number, name, isFolder: false);
                    bound = LibC.bind(socket.Number, (sockaddr*)p, (uint)address.Length);
                }

                _ = Native.Check(bound, "making the socket", name);
            }

            _ = Native.Check(LibC.listen(socket.Number, Waiting), "listening at the socket", name);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects to a socket.</summary>
    /// <param name="folder">The folder's descriptor.</param>
    /// <param name="name">The socket's name in it.</param>
    /// <param name="errno">ENOENT where it is not there, ECONNREFUSED where nobody listens, EAGAIN where too many wait already.</param>
    /// <returns>The connected socket, non-blocking; null where <paramref name="errno"/> says why not.</returns>
    public static FileDescriptor? TryConnect(FileDescriptor folder, string name, out Errno errno)
    {
        FileDescriptor socket = Make(name);
        byte[] address = Address(folder, name);
        fixed (byte* p = address)
        {
            errno = LibC.connect(socket.Number, (sockaddr*)p, (uint)address.Length) == 0 ? Errno.None : Native.Errno;
        }

        if (errno == Errno.None)
        {
            return socket;
        }

        socket.Dispose();
        return null;
    }

    /// <summary>Sends one message with descriptors (SCM_RIGHTS).</summary>
    /// <typeparam name="T">Its layout.</typeparam>
    /// <param name="socket">A connected socket.</param>
    /// <param name="message">The message.</param>
    /// <param name="descriptors">At least one; they stay the caller's.</param>
    /// <returns>False where the other end is gone.</returns>
    public static bool TrySend<T>(FileDescriptor socket, T message, params ReadOnlySpan<FileDescriptor> descriptors)
        where T : unmanaged
    {
        int length = sizeof(cmsghdr) + (descriptors.Length * sizeof(int));
        byte* control = stackalloc byte[sizeof(cmsghdr) + ((descriptors.Length + 1) * sizeof(int))];
        var rights = (cmsghdr*)control;
        *rights = new cmsghdr { cmsg_len = length, cmsg_level = LibC.SOL_SOCKET, cmsg_type = LibC.SCM_RIGHTS };
        for (int i = 0; i < descriptors.Length; i++)
        {
            ((int*)(rights + 1))[i] = descriptors[i].Number;
        }

        iovec vector = new() { iov_base = &message, iov_len = sizeof(T) };
        msghdr header = default;
        header.msg_iov = &vector;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = length;
        return (long)LibC.sendmsg(socket.Number, &header, NoSignal) == sizeof(T);
    }

    private static FileDescriptor Make(string name) =>
        new(Native.Check(LibC.socket(UnixFamily, SequencedPacket | SocketCloseOnExec | SocketNonBlocking, 0), "making the socket", name));

    /// <summary>struct sockaddr_un.</summary>
    private static byte[] Address(FileDescriptor folder, string name)
    {
        byte[] path = Encoding.UTF8.GetBytes($"/proc/self/fd/{folder.Number}/{name}\0");
        return [.. BitConverter.GetBytes((ushort)UnixFamily), .. path];
    }
}
