using System.Runtime.InteropServices;

namespace Containers.Init;

/// <summary>Messages over a unix(7) socket that carry descriptors along (SCM_RIGHTS).</summary>
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

    /// <summary>struct cmsghdr with one or two descriptors behind it; of more, the kernel gives none beyond these.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ControlMessage
    {
        internal const int LengthOfOne = 20, LengthOfTwo = 24;

        internal long Length;
        internal int Level, Type, First, Second;
    }

    /// <summary>Sends bytes, and a descriptor where it is not negative.</summary>
    internal static long Send(int socket, void* bytes, int length, int descriptor)
    {
        Vector vector = default;
        ControlMessage control = default;
        Header header = Describe(&vector, bytes, length);
        if (descriptor >= 0)
        {
            control.Length = ControlMessage.LengthOfOne;
            control.Level = SocketLevel;
            control.Type = Rights;
            control.First = descriptor;
            header.Control = &control;
            header.ControlLength = sizeof(ControlMessage);
        }

        return Sys.Call(SysNr.Sendmsg, socket, (long)&header, NoSignal);
    }

    /// <summary>Receives a descriptor that has been sent; -1 where none has.</summary>
    internal static int ReceiveDescriptor(int socket)
    {
        byte nothing = 0;
        int* descriptors = stackalloc int[2];
        Receive(socket, &nothing, 1, descriptors);
        if (descriptors[1] >= 0)
        {
            Sys.Call(SysNr.Close, descriptors[1]);
        }

        return descriptors[0];
    }

    /// <summary>Receives a message, if one is there, and up to two descriptors; -1 in the place of each that has not come.</summary>
    internal static long Receive(int socket, void* bytes, int length, int* descriptors)
    {
        Vector vector = default;
        ControlMessage control = default;
        Header header = Describe(&vector, bytes, length);
        header.Control = &control;
        header.ControlLength = sizeof(ControlMessage);
        long count = Sys.Call(SysNr.Recvmsg, socket, (long)&header, DoNotWait | CloseOnExec);
        bool hasRights = count >= 0 && header.ControlLength >= ControlMessage.LengthOfOne && control.Level == SocketLevel && control.Type == Rights;
        descriptors[0] = hasRights ? control.First : -1;
        descriptors[1] = hasRights && control.Length >= ControlMessage.LengthOfTwo ? control.Second : -1;
        return count;
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
