namespace Containers.Engine.Runtime;

/// <summary>A command in a container or in namespaces, in this session's foreground, which has no records.</summary>
/// <param name="container">The container, or null.</param>
/// <param name="link">The link to the command's monitor.</param>
internal sealed class AttachedExec(ContainerSnapshot? container, MonitorLink link) : AttachedProcess(link)
{
    private readonly DateTimeOffset startedAt = link.StartedAt;

    public override ContainerSnapshot? Container => container;

    public override ProcessEnd WaitForExit(CancellationToken cancellation) =>
        AwaitEnd(cancellation) is { } told
            ? new ProcessEnd(
                told.ExitCode, told.Signal == 0 ? null : told.Signal, StateReason.None, startedAt, ContainerObserver.Time(told.FinishedAt))
            : new ProcessEnd(ExitCode: null, Signal: null, StateReason.MonitorLost, startedAt, FinishedAt: null);
}
