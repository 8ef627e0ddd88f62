using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>What the monitor tells the session that started the container, as long as it is there.</summary>
internal static unsafe class Session
{
    /// <summary>The terminal goes along: the session types into it and sizes it itself.</summary>
    internal static bool Started(MonitorState* monitor) =>
        Send(
            monitor, SessionMessage.Started, monitor->Pid, monitor->PidStart, Sys.Call(SysNr.Getpid), monitor->StartedAt,
            (monitor->Plan->Flags & PlanFlags.Terminal) != 0 ? monitor->Output.Source : -1);

    /// <summary>False where the session is gone.</summary>
    internal static bool Failed(MonitorState* monitor) =>
        Send(monitor, SessionMessage.Failed, monitor->Failure.Step, monitor->Failure.Error, monitor->Failure.Fault, 0);

    /// <summary>Tells the end, so that the session does its part while the monitor does its own.</summary>
    internal static void Ended(MonitorState* monitor)
    {
        if (monitor->Session >= 0)
        {
            Send(monitor, SessionMessage.Ended, monitor->ExitCode, monitor->Signal, monitor->OomKills, monitor->EndedAt);
        }
    }

    /// <summary>Tells that all is released, if the session is there.</summary>
    internal static void Released(MonitorState* monitor)
    {
        if (monitor->Session >= 0)
        {
            Send(monitor, SessionMessage.Released, monitor->CgroupsLeft, 0, 0, 0);
        }
    }

    /// <summary>Tells that all is released and waits until the session has done its part, or has gone.</summary>
    internal static bool ReleasedAndAcknowledged(MonitorState* monitor)
    {
        if (monitor->Session < 0)
        {
            return false;
        }

        // Where it fails, the session may have said its word before it went.
        Released(monitor);
        SessionMessage answer = default;
        long count;
        do
        {
            count = Sys.Call(SysNr.Recvfrom, monitor->Session, (long)&answer, sizeof(SessionMessage), 0, 0, 0);
        }
        while (count == -Error.EINTR);
        return count == sizeof(SessionMessage) && answer.Kind == SessionMessage.Acknowledged;
    }

    private static bool Send(MonitorState* monitor, int kind, long value1, long value2, long value3, long time, int descriptor = -1)
    {
        SessionMessage message = default;
        message.Kind = kind;
        message.Value1 = value1;
        message.Value2 = value2;
        message.Value3 = value3;
        message.Time = time;
        return sizeof(SessionMessage) == DescriptorMessage.Send(monitor->Session, &message, sizeof(SessionMessage), descriptor);
    }
}
