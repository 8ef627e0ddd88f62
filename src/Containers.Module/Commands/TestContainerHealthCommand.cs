using System.Management.Automation;
using Containers.Engine.Health;
using Containers.Engine.Runtime;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Checks containers' health now.</summary>
/// <remarks>
/// Runs each container's health check, whatever its interval, and writes what it has found. The result counts as those of the checks that come by themselves
/// do: it is in the container's property Health, and may make it healthy or unhealthy, with what -HealthOnFailure asks for then. Several containers are checked at once.
/// </remarks>
[Cmdlet(VerbsDiagnostic.Test, "ContainerHealth")]
[OutputType(typeof(ContainerHealthResult), typeof(bool))]
public sealed class TestContainerHealthCommand : ContainerSelectionCommand
{
    private readonly ParallelWork<(ContainerSnapshot Container, HealthReport Report)> _checks = new();

    /// <summary>Gives only $true for a container that is well, and $false for one that is not.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        foreach (var container in FindContainers(Name))
        {
            _checks.Add(container.Name, () => (container, engine.CheckHealth(container.Id, StopToken)));
        }

        _checks.Finished(Report);
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => _checks.All(Report);

    private void Report(string name, Func<(ContainerSnapshot Container, HealthReport Report)> result) => Attempt(EngineErrors.Container, name, () =>
    {
        var (container, report) = result();
        WriteObject(Quiet ? report.Result.IsSuccess : report.Result.ToHealthResult(container));
    });
}
