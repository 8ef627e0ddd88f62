using Containers.Init.Plan;

namespace Containers.Engine.Runtime;

/// <summary>A container in this session's foreground.</summary>
internal sealed class AttachedContainer : ForegroundContainer
{
    private readonly ContainerEnd end;
    private readonly MonitorLink link;

    public AttachedContainer(ContainerEnd end, ContainerDocument document, MonitorLink link)
    {
        this.end = end;
        this.link = link;
        Container = new ContainerSnapshot
        {
            Id = document.Id,
            Name = document.Name,
            Options = document.Options,
            Command = document.Command.Arguments,
            CreatedAt = document.CreatedAt,
            State = ContainerState.Running,
            StartedAt = link.StartedAt,
            ProcessId = link.Process.Pid,
            MonitorProcessId = link.MonitorProcessId,
        };
        StandardInput = link.Input?.IntoStream(FileAccess.Write);
        StandardOutput = link.Output!.IntoStream(FileAccess.Read);
        StandardError = link.Error!.IntoStream(FileAccess.Read);
    }

    public override ContainerSnapshot Container { get; }

    public override FileStream? StandardInput { get; }

    public override FileStream StandardOutput { get; }

    public override FileStream StandardError { get; }

    public override void Signal(int signal) => link.Signal(signal);

    public override ContainerSnapshot WaitForExit(CancellationToken cancellation)
    {
        bool isTold = link.TryReceive(out SessionMessage message, cancellation) && message.Kind == SessionMessage.Ended;
        ContainerSnapshot ended = isTold
            ? ContainerObserver.Ended(Container, new ExitRecord(
                (int)message.Value1, (int)message.Value2, message.Value3, Nanoseconds(Container.StartedAt!.Value), message.Time))
            : Container with { State = ContainerState.Exited, Reason = StateReason.MonitorLost, ProcessId = null, MonitorProcessId = null };
        end.Release(Container.Id, link.Process, Container.Options.RemoveOnExit, hasLeftCgroups: isTold ? () => !link.TryReceiveReleased() : null);
        link.Acknowledge();
        return ended;
    }

    protected override void Dispose(bool disposing)
    {
        StandardInput?.Dispose();
        StandardOutput.Dispose();
        StandardError.Dispose();
        link.Dispose();
    }

    private static long Nanoseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
}
