using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine.Runtime;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Asks running containers to end, and kills those that do not. [docker stop]</summary>
/// <remarks>
/// Sends the container's stop signal and waits; what has not ended after -Timeout is killed. Several containers are stopped at
/// once. A container that is not running is left alone.
/// </remarks>
[Cmdlet(VerbsLifecycle.Stop, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class StopContainerCommand : ContainerSelectionCommand
{
    private readonly ParallelWork<ContainerSnapshot> _stops = new();

    /// <summary>The signal that asks for the end, by name or number. Without it the container's own, usually TERM.</summary>
    [Parameter]
    [SignalArgument]
    [ArgumentCompleter(typeof(SignalCompleter))]
    public Signal? Signal { get; set; }

    /// <summary>How long the end may take before the container is killed: '30s', a number of seconds, or a TimeSpan. Without it the configuration's stopTimeout, which is 10 seconds where nothing else is said.</summary>
    [Parameter]
    [DurationArgument]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Writes the stopped containers to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        var signal = Signal?.Number;
        foreach (var container in FindContainers(Name))
        {
            if (ShouldProcess(container.Name, "Stop"))
            {
                _stops.Add(container.Name, () => engine.Stop(container.Id, signal, Timeout, StopToken));
            }
        }

        _stops.Finished(Report);
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => _stops.All(Report);

    private void Report(string name, Func<ContainerSnapshot> result) => Attempt(EngineErrors.Container, name, () =>
    {
        var stopped = result();
        if (PassThru)
        {
            WriteObject(stopped.ToContainer());
        }
    });
}
