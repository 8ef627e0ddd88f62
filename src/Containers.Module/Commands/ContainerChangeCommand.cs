using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Runtime;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>What the cmdlets share that do one thing to each of some containers.</summary>
public abstract class ContainerChangeCommand : ContainerSelectionCommand
{
    /// <summary>Writes the containers to the pipeline, as they are afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>What -WhatIf and -Confirm call it.</summary>
    private protected abstract string Action { get; }

    /// <summary>Does it to one container.</summary>
    private protected abstract ContainerSnapshot Change(ContainerEngine engine, ContainerSnapshot container);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        foreach (var container in FindContainers(Name))
        {
            if (!ShouldProcess(container.Name, Action))
            {
                continue;
            }

            Attempt(EngineErrors.Container, container.Name, () =>
            {
                var changed = Change(engine, container);
                if (PassThru)
                {
                    WriteObject(changed.ToContainer());
                }
            });
        }
    }
}
