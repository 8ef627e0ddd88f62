namespace Containers.Engine.Runtime;

/// <summary>A running container that this session has attached to.</summary>
/// <param name="removal">Cleans up where the monitor is lost.</param>
/// <param name="running">The container.</param>
/// <param name="link">The link to its monitor.</param>
internal sealed class RejoinedContainer(ContainerRemoval removal, ContainerSnapshot running, MonitorLink link) : AttachedProcess(link)
{
    private readonly MonitorLink link = link;
    private ExitRecord? told;
    private ContainerSnapshot container = running with
    {
        StartedAt = link.StartedAt,
        ProcessId = link.Process.Pid,
        MonitorProcessId = link.MonitorProcessId,
    };

    public override ContainerSnapshot Container => container;

    public override bool CanBeRejoined => true;

    public override bool IsRejoined => true;

    public override bool IsLeftRunning => true;

    public override ProcessEnd WaitForExit(CancellationToken cancellation)
    {
        told ??= AwaitEnd(cancellation);
        if (told is not null)
        {
            link.AwaitSilence(cancellation);
            container = ContainerObserver.Ended(container, told);
        }
        else
        {
            // The session that started it may be gone, too: then nobody else notices.
            container = ContainerObserver.Lost(container);
            removal.Release(container.Id, link.Process, container.Options.RemoveOnExit, hasLeftCgroups: null);
        }

        return new ProcessEnd(container.ExitCode, container.Signal, container.Reason, container.StartedAt, container.FinishedAt);
    }
}
