using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>What the monitor tells sessions.</summary>
internal static unsafe class Session
{
    /// <summary>The way to the input goes along: the terminal, which the session types into and sizes itself, or, for one that has attached, the kept pipe.</summary>
    internal static bool Started(MonitorState* monitor, int place, bool withInput)
    {
        bool hasTerminal = (monitor->Plan->Flags & PlanFlags.Terminal) != 0;
        int input = !withInput ? -1 : hasTerminal ? monitor->Output.Source : place == 0 ? -1 : monitor->Plan->KeptInput;
        return Send(
            monitor->Sessions[place].Socket, SessionMessage.Started, monitor->Pid, monitor->PidStart, Sys.Call(SysNr.Getpid), monitor->StartedAt, input);
    }

    /// <summary>Tells the session that started the container; false where it is gone.</summary>
    internal static bool Failed(MonitorState* monitor) =>
        Send(monitor->Sessions[0].Socket, SessionMessage.Failed, monitor->Failure.Step, monitor->Failure.Error, monitor->Failure.Fault, 0);

    /// <summary>Tells one that as many are attached as may be.</summary>
    internal static void Refused(int socket, int attached) => Send(socket, SessionMessage.Refused, attached, 0, 0, 0);

    /// <summary>Tells all the end; the session that started the container does its part of it while the monitor does its own.</summary>
    internal static void Ended(MonitorState* monitor)
    {
        for (int i = 0; i < Sessions.Room; i++)
        {
            if (monitor->Sessions[i].Socket >= 0 && monitor->Sessions[i].IsAttached)
            {
                Send(monitor->Sessions[i].Socket, SessionMessage.Ended, monitor->ExitCode, monitor->Signal, monitor->OomKills, monitor->EndedAt);
            }
        }
    }

    /// <summary>Tells the session that started the container that all is released, if it is there.</summary>
    internal static void Released(MonitorState* monitor)
    {
        if (monitor->Sessions[0].Socket >= 0)
        {
            Send(monitor->Sessions[0].Socket, SessionMessage.Released, monitor->CgroupsLeft, 0, 0, 0);
        }
    }

    /// <summary>Tells the session that started the container that all is released, and waits until it has done its part, or has gone.</summary>
    internal static bool ReleasedAndAcknowledged(MonitorState* monitor)
    {
        if (monitor->Sessions[0].Socket < 0)
        {
            return false;
        }

        // Where it fails, the session may have said its word before it went.
        Released(monitor);
        return IsAcknowledged(monitor);
    }

    /// <summary>Waits for the word of the session that started the container, or for its end.</summary>
    internal static bool IsAcknowledged(MonitorState* monitor)
    {
        int socket = monitor->Sessions[0].Socket;
        SessionMessage answer = default;
        long count;
        do
        {
            count = Sys.Call(SysNr.Recvfrom, socket, (long)&answer, sizeof(SessionMessage), 0, 0, 0);
        }
        while (count == -Error.EINTR);
        return count == sizeof(SessionMessage) && answer.Kind == SessionMessage.Acknowledged;
    }

    private static bool Send(int socket, int kind, long value1, long value2, long value3, long time, int descriptor = -1)
    {
        SessionMessage message = default;
        message.Kind = kind;
        message.Value1 = value1;
        message.Value2 = value2;
        message.Value3 = value3;
        message.Time = time;
        return sizeof(SessionMessage) == DescriptorMessage.Send(socket, &message, sizeof(SessionMessage), descriptor);
    }
}
