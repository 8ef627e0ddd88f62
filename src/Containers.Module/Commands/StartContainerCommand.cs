using System.Management.Automation;
using Containers.Engine;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Starts containers that are not running. [docker start]</summary>
/// <remarks>
/// The containers run on their own, also when this session ends; their output goes to their logs, which Get-ContainerLog reads.
/// Each started container is written to the pipeline.
/// </remarks>
[Cmdlet(VerbsLifecycle.Start, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class StartContainerCommand : ContainerSelectionCommand
{
    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        foreach (var container in FindContainers(Name))
        {
            if (!ShouldProcess(container.Name, "Start"))
            {
                continue;
            }

            Attempt(EngineErrors.Container, container.Name, () =>
            {
                if (engine.Get(container.Id) is { State: Engine.Runtime.ContainerState.Running } running)
                {
                    WriteError(EngineErrors.Record(
                        new EngineException(
                            EngineErrorReason.Busy,
                            running.Name,
                            $"The container '{running.Name}' is running already: stop it first to start it anew."),
                        EngineErrors.Container,
                        running.Name,
                        "ContainerRunning"));
                    return;
                }

                WriteObject(engine.Start(container.Id, StopToken).ToContainer());
            });
        }
    }
}
