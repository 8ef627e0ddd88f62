using System.Runtime.InteropServices;
using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>
/// The sessions at the container: the one that started it, in the first place, and those that attach later over the plan's listening socket. None of them can
/// make the monitor wait: nothing is read or written before poll(2) says so, and one that connects and says nothing holds a place only until another wants it.
/// </summary>
internal static unsafe class Sessions
{
    /// <summary>How many may be attached besides the one that started the container.</summary>
    internal const int MostAttached = 8;

    /// <summary>Places: one more, for who has not said yet what it wants.</summary>
    internal const int Room = 1 + MostAttached + 1;

    /// <summary>What one place waits for: a word of the session, and room in its pipes for output and errors.</summary>
    internal const int EntriesPerPlace = 3;

    private const int SetFlags = 4;

    /// <summary>struct ucred.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Peer
    {
        internal int Pid;
        internal uint Uid, Gid;
    }

    /// <summary>Takes the caller's memory, with the session that started the container in the first place.</summary>
    internal static void Start(MonitorState* monitor, SessionState* places, StreamReader* outputReaders, StreamReader* errorReaders)
    {
        monitor->Sessions = places;
        monitor->Output.Readers = outputReaders;
        monitor->Error.Readers = errorReaders;
        for (int i = 0; i < Room; i++)
        {
            places[i].Socket = outputReaders[i].Pipe = errorReaders[i].Pipe = -1;
        }

        PlanHeader* plan = monitor->Plan;
        places[0].Socket = plan->Session;
        places[0].IsAttached = true;
        outputReaders[0].Pipe = plan->AttachedOutput;
        errorReaders[0].Pipe = plan->AttachedError;
    }

    /// <summary>Fills in what the places wait for.</summary>
    internal static void Prepare(MonitorState* monitor, PollEntry* entries)
    {
        for (int i = 0; i < Room; i++, entries += EntriesPerPlace)
        {
            entries[0].Descriptor = monitor->Sessions[i].Socket;
            entries[0].Events = PollEntry.In;
            Streams.PrepareReader(&monitor->Output, i, entries + 1);
            Streams.PrepareReader(&monitor->Error, i, entries + 2);
        }
    }

    /// <summary>Hears what sessions say, and lets go of those that have gone.</summary>
    internal static void Serve(MonitorState* monitor, PollEntry* entries)
    {
        for (int i = 0; i < Room; i++)
        {
            if (entries[EntriesPerPlace * i].Returned != 0 && monitor->Sessions[i].Socket >= 0)
            {
                Hear(monitor, i);
            }
        }
    }

    /// <summary>Lets the next one in that has connected.</summary>
    internal static void Accept(MonitorState* monitor)
    {
        const int nonBlocking = 0x800, closeOnExec = 0x80000;
        long socket = Sys.Call(SysNr.Accept4, monitor->Plan->AttachSocket, 0, 0, nonBlocking | closeOnExec);
        if (socket is -Error.EAGAIN or -Error.EINTR or -Error.ECONNABORTED)
        {
            return;
        }

        if (socket < 0)
        {
            // It would be so again at once, for ever.
            StopListening(monitor);
            return;
        }

        if (!IsTrusted((int)socket))
        {
            Sys.Call(SysNr.Close, socket);
            return;
        }

        int place = FindPlace(monitor);
        Drop(monitor, place);
        monitor->Sessions[place].Socket = (int)socket;
        Hear(monitor, place);
    }

    /// <summary>Lets go of all but the session that started the container: nothing more is to be told to them.</summary>
    internal static void Close(MonitorState* monitor)
    {
        StopListening(monitor);
        for (int i = 1; i < Room; i++)
        {
            Drop(monitor, i);
        }

        if (monitor->Plan->KeptInput >= 0)
        {
            Sys.Call(SysNr.Close, monitor->Plan->KeptInput);
            monitor->Plan->KeptInput = -1;
        }
    }

    private static void StopListening(MonitorState* monitor)
    {
        if (monitor->Plan->AttachSocket >= 0)
        {
            Sys.Call(SysNr.Close, monitor->Plan->AttachSocket);
            monitor->Plan->AttachSocket = -1;
        }
    }

    /// <summary>The folder's mode keeps others out already; a descriptor of it may have been handed on.</summary>
    private static bool IsTrusted(int socket)
    {
        const int socketLevel = 1, peerCredentials = 17;
        Peer peer = default;
        int length = sizeof(Peer);
        return Sys.Call(SysNr.Getsockopt, socket, socketLevel, peerCredentials, (long)&peer, (long)&length) == 0
            && (peer.Uid == 0 || peer.Uid == (uint)Sys.Call(SysNr.Getuid));
    }

    /// <summary>A free place, else the first of one that has said nothing yet: there is always such a one.</summary>
    private static int FindPlace(MonitorState* monitor)
    {
        int silent = Room - 1;
        for (int i = Room - 1; i > 0; i--)
        {
            if (monitor->Sessions[i].Socket < 0)
            {
                return i;
            }

            silent = monitor->Sessions[i].IsAttached ? silent : i;
        }

        return silent;
    }

    private static void Hear(MonitorState* monitor, int place)
    {
        SessionMessage message = default;
        int* pipes = stackalloc int[2];
        long count = DescriptorMessage.Receive(monitor->Sessions[place].Socket, &message, sizeof(SessionMessage), pipes);
        if (count is -Error.EAGAIN or -Error.EINTR)
        {
            return;
        }

        // Who is attached says nothing before the end: it has gone, or detached.
        bool mayAttach = count == sizeof(SessionMessage) && message.Kind == SessionMessage.Attach && !monitor->Sessions[place].IsAttached
            && IsPipe(pipes[0]) && (pipes[1] < 0 || IsPipe(pipes[1]));
        if (mayAttach && CountAttached(monitor) == MostAttached)
        {
            Session.Refused(monitor->Sessions[place].Socket, MostAttached);
            mayAttach = false;
        }

        if (!mayAttach)
        {
            Shut(&pipes[0]);
            Shut(&pipes[1]);
            Drop(monitor, place);
            return;
        }

        monitor->Sessions[place].IsAttached = true;
        Attach(&monitor->Output, place, pipes[0]);
        Attach(&monitor->Error, place, pipes[1]);
        if (!Session.Started(monitor, place, withInput: message.Value1 != 0))
        {
            Drop(monitor, place);
        }
    }

    private static int CountAttached(MonitorState* monitor)
    {
        int count = 0;
        for (int i = 1; i < Room; i++)
        {
            count += monitor->Sessions[i].Socket >= 0 && monitor->Sessions[i].IsAttached ? 1 : 0;
        }

        return count;
    }

    /// <summary>From what comes next on; of a stream that has ended, its end.</summary>
    private static void Attach(OutputStream* stream, int place, int pipe)
    {
        StreamReader* reader = stream->Readers + place;
        reader->Pipe = pipe;
        reader->Position = stream->Length;
        Sys.Call(SysNr.Fcntl, pipe, SetFlags, Open.NonBlock | Open.WriteOnly);
        if (stream->Source < 0)
        {
            Shut(&reader->Pipe);
        }
    }

    private static void Drop(MonitorState* monitor, int place)
    {
        Shut(&monitor->Sessions[place].Socket);
        monitor->Sessions[place].IsAttached = false;
        Shut(&monitor->Output.Readers[place].Pipe);
        Shut(&monitor->Error.Readers[place].Pipe);
    }

    internal static void Shut(int* descriptor)
    {
        if (*descriptor >= 0)
        {
            Sys.Call(SysNr.Close, *descriptor);
            *descriptor = -1;
        }
    }

    /// <summary>Whether it is one: a write to anything else might wait, whatever its flags say.</summary>
    private static bool IsPipe(int descriptor)
    {
        FileStat status = default;
        return descriptor >= 0 && Sys.Call(SysNr.Fstat, descriptor, (long)&status) == 0 && (status.Mode & FileType.Mask) == FileType.Pipe;
    }
}
