using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Runtime;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Removes containers with everything they hold. [docker rm]</summary>
/// <remarks>
/// The writable layer and the log go with the container; volumes and the image stay. A running container is refused without
/// -Force, which kills it first.
/// </remarks>
[Cmdlet(VerbsCommon.Remove, "Container", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(Container))]
public sealed class RemoveContainerCommand : ContainerSelectionCommand
{
    /// <summary>Kills a running container first instead of refusing it.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the removed containers to the pipeline, as they were before.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        foreach (var container in FindContainers(Name))
        {
            if (container.State == Engine.Runtime.ContainerState.Running && !Force)
            {
                WriteError(EngineErrors.Record(
                    new EngineException(
                        EngineErrorReason.Busy,
                        container.Name,
                        $"The container '{container.Name}' is running: stop it first with Stop-Container, or take -Force to kill it."),
                    EngineErrors.Container,
                    container.Name,
                    "ContainerRunning"));
                continue;
            }

            if (ShouldProcess(container.Name, "Remove"))
            {
                Attempt(EngineErrors.Container, container.Name, () => Remove(engine, container));
            }
        }
    }

    private void Remove(ContainerEngine engine, ContainerSnapshot container)
    {
        engine.Remove(container.Id, Force, StopToken);
        if (PassThru)
        {
            WriteObject(container.ToContainer());
        }
    }
}
