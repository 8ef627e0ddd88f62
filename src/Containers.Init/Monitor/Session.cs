using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>What the monitor tells the session that started the container, as long as it is there.</summary>
internal static unsafe class Session
{
    private const int NoSignal = 0x4000;

    internal static bool Started(MonitorState* monitor) =>
        Send(monitor, SessionMessage.Started, monitor->Pid, monitor->PidStart, Sys.Call(SysNr.Getpid), monitor->StartedAt);

    /// <summary>False where the session is gone.</summary>
    internal static bool Failed(MonitorState* monitor) =>
        Send(monitor, SessionMessage.Failed, monitor->Failure.Step, monitor->Failure.Error, monitor->Failure.Fault, 0);

    /// <summary>Tells the end and waits until the session has done its part, or has gone.</summary>
    internal static bool EndedAndAcknowledged(MonitorState* monitor)
    {
        if (monitor->Session < 0)
        {
            return false;
        }

        Send(monitor, SessionMessage.Ended, monitor->ExitCode, monitor->Signal, monitor->OomKills, monitor->EndedAt);
        SessionMessage answer = default;
        long count;
        do
        {
            count = Sys.Call(SysNr.Recvfrom, monitor->Session, (long)&answer, sizeof(SessionMessage), 0, 0, 0);
        }
        while (count == -Error.EINTR);
        return count == sizeof(SessionMessage) && answer.Kind == SessionMessage.Acknowledged;
    }

    private static bool Send(MonitorState* monitor, int kind, long value1, long value2, long value3, long time)
    {
        SessionMessage message = default;
        message.Kind = kind;
        message.Reserved = monitor->CgroupsLeft;
        message.Value1 = value1;
        message.Value2 = value2;
        message.Value3 = value3;
        message.Time = time;
        return sizeof(SessionMessage) == Sys.Call(SysNr.Sendto, monitor->Session, (long)&message, sizeof(SessionMessage), NoSignal, 0, 0);
    }
}
