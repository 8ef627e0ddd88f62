using System.Diagnostics;
using System.Management.Automation;
using Containers.Arguments;
using Containers.Engine.Runtime;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Waits until containers have ended. [docker wait]</summary>
/// <remarks>
/// Writes each container once it has ended, with its exit code in the property ExitCode. One that is still running when the
/// time is over is an error with the id ContainerTimeout; it goes on running.
/// </remarks>
[Cmdlet(VerbsLifecycle.Wait, "Container")]
[OutputType(typeof(Container))]
public sealed class WaitContainerCommand : ContainerSelectionCommand
{
    private readonly Stopwatch _elapsed = Stopwatch.StartNew();
    private readonly ParallelWork<ContainerSnapshot> _waits = new();

    /// <summary>How long to wait for all of them: '30s', a number of seconds, or a TimeSpan. Without it, for ever.</summary>
    [Parameter]
    [DurationArgument]
    public TimeSpan? Timeout { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        foreach (var container in FindContainers(Name))
        {
            // Begun at once, so that one that is removed at its end is not missed while another is waited for.
            _waits.Add(container.Name, () => engine.Wait(container.Id, Remaining(), StopToken));
        }

        _waits.Finished(Report);
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => _waits.All(Report);

    private TimeSpan Remaining()
    {
        if (Timeout is not { } limit)
        {
            return System.Threading.Timeout.InfiniteTimeSpan;
        }

        var rest = limit - _elapsed.Elapsed;
        return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
    }

    private void Report(string name, Func<ContainerSnapshot> result) =>
        Attempt(EngineErrors.Container, name, () => WriteObject(result().ToContainer()));
}
