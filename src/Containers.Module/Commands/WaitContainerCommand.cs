using System.Management.Automation;
using Containers.Arguments;
using Containers.Engine.Runtime;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Waits until containers have ended, or have come to another state. [docker wait]</summary>
/// <remarks>
/// Writes each container once it has come to it: after its end, with its exit code in the property ExitCode. One that has not when the
/// time is over is an error with the id ContainerTimeout; it goes on. One that cannot come to it any more, as a container that has ended
/// cannot to Running, is an error at once.
/// </remarks>
[Cmdlet(VerbsLifecycle.Wait, "Container")]
[OutputType(typeof(Container))]
public sealed class WaitContainerCommand : ContainerSelectionCommand
{
    private readonly ParallelWork<ContainerSnapshot> _waits = new();
    private readonly List<ContainerSnapshot> _any = [];
    private WaitTime _time = null!;

    /// <summary>What is waited for: Exited, Running, Paused, Healthy, or Removed; a removed container is written as it was seen last.</summary>
    [Parameter(Position = 1)]
    public ContainerWaitCondition Condition { get; set; }

    /// <summary>Waits for the first of the containers alone, and writes that one.</summary>
    [Parameter]
    public SwitchParameter Any { get; set; }

    /// <summary>How long to wait for all of them: '30s', a number of seconds, or a TimeSpan. Without it, for ever.</summary>
    [Parameter]
    [DurationArgument]
    public TimeSpan? Timeout { get; set; }

    private WaitCondition Asked => (WaitCondition)Condition;

    /// <inheritdoc/>
    protected override void BeginProcessing() => _time = new WaitTime(Timeout ?? System.Threading.Timeout.InfiniteTimeSpan);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        foreach (var container in FindContainers(Name))
        {
            if (Any)
            {
                _any.Add(container);
                continue;
            }

            // Begun at once, so that one that is removed at its end is not missed while another is waited for.
            _waits.Add(container.Name, () => engine.WaitAny([container], Asked, _time, static _ => { }, StopToken));
        }

        _waits.Finished(Report);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        _waits.All(Report);
        if (_any.Count > 0)
        {
            ContainerSnapshot[] containers = [.. _any.DistinctBy(static container => container.Id)];
            Report(containers[0].Name, () => OpenEngine().WaitAny(
                containers, Asked, _time, failure => WriteError(EngineErrors.Record(failure, EngineErrors.Container, failure.Subject)), StopToken));
        }
    }

    private void Report(string name, Func<ContainerSnapshot> result) =>
        Attempt(EngineErrors.Container, name, () => WriteObject(result().ToContainer()));
}
