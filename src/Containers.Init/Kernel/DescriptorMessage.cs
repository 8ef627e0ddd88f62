using System.Runtime.InteropServices;

namespace Containers.Init;

/// <summary>Messages over a unix(7) socket that carry a descriptor along (SCM_RIGHTS).</summary>
internal static unsafe class DescriptorMessage
{
    private const int SocketLevel = 1, Rights = 1;
    private const int DoNotWait = 0x40, NoSignal = 0x4000, CloseOnExec = 0x40000000;

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Vector
    {
        internal void* Base;
        internal long Length;
    }

    /// <summary>struct msghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        internal void* Name;
        internal int NameLength, Padding;
        internal Vector* Vectors;
        internal long VectorCount;
        internal void* Control;
        internal long ControlLength;
        internal int Flags, Padding2;
    }

    /// <summary>struct cmsghdr with one descriptor behind it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ControlMessage
    {
        internal const int LengthWithoutPadding = 20;

        internal long Length;
        internal int Level, Type, Descriptor, Padding;
    }

    /// <summary>Sends bytes, and a descriptor where it is not negative.</summary>
    internal static long Send(int socket, void* bytes, int length, int descriptor)
    {
        Vector vector = default;
        ControlMessage control = default;
        Header header = Describe(&vector, bytes, length);
        if (descriptor >= 0)
        {
            control.Length = ControlMessage.LengthWithoutPadding;
            control.Level = SocketLevel;
            control.Type = Rights;
            control.Descriptor = descriptor;
            header.Control = &control;
            header.ControlLength = sizeof(ControlMessage);
        }

        return Sys.Call(SysNr.Sendmsg, socket, (long)&header, NoSignal);
    }

    /// <summary>Receives a descriptor that has been sent; -1 where none has.</summary>
    internal static int ReceiveDescriptor(int socket)
    {
        byte nothing = 0;
        Vector vector = default;
        ControlMessage control = default;
        Header header = Describe(&vector, &nothing, 1);
        header.Control = &control;
        header.ControlLength = sizeof(ControlMessage);
        long count = Sys.Call(SysNr.Recvmsg, socket, (long)&header, DoNotWait | CloseOnExec);
        return count >= 0 && header.ControlLength >= ControlMessage.LengthWithoutPadding && control.Level == SocketLevel && control.Type == Rights
            ? control.Descriptor : -1;
    }

    private static Header Describe(Vector* vector, void* bytes, int length)
    {
        vector->Base = bytes;
        vector->Length = length;
        Header header = default;
        header.Vectors = vector;
        header.VectorCount = 1;
        return header;
    }
}
