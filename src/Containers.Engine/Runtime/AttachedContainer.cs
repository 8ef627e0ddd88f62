namespace Containers.Engine.Runtime;

/// <summary>A container that this session has started in its foreground.</summary>
internal sealed class AttachedContainer : AttachedProcess
{
    private readonly ContainerRemoval removal;
    private readonly MonitorLink link;
    private ContainerSnapshot container;

    public AttachedContainer(ContainerRemoval removal, ContainerDocument document, MonitorLink link)
        : base(link)
    {
        this.removal = removal;
        this.link = link;
        container = ContainerObserver.Describe(document) with
        {
            State = ContainerState.Running,
            StartedAt = link.StartedAt,
            ProcessId = link.Process.Pid,
            MonitorProcessId = link.MonitorProcessId,
        };
    }

    public override ContainerSnapshot Container => container;

    public override bool CanBeRejoined => true;

    public override bool IsLeftRunning { get; init; }

    public override ProcessEnd WaitForExit(CancellationToken cancellation)
    {
        ExitRecord? told = AwaitEnd(cancellation);
        container = told is not null
            ? ContainerObserver.Ended(container, told)
            : ContainerObserver.Lost(container);
        removal.Release(container.Id, link.Process, container.Options.RemoveOnExit, hasLeftCgroups: told is null ? null : () => !link.TryReceiveReleased());
        link.Acknowledge();
        return new ProcessEnd(container.ExitCode, container.Signal, container.Reason, container.StartedAt, container.FinishedAt);
    }
}
