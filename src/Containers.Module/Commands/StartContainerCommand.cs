using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine;
using Containers.Engine.Runtime;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Starts containers that are not running. [docker start]</summary>
/// <remarks>
/// The containers run on their own, also when this session ends; their output goes to their logs, which Get-ContainerLog reads.
/// Each started container is written to the pipeline. A container's restarts are counted anew, and its restart policy holds again where it was stopped.
/// </remarks>
[Cmdlet(VerbsLifecycle.Start, "Container", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(Container))]
public sealed class StartContainerCommand : ContainerSelectionCommand
{
    private const string NameSet = "Name";
    private const string AllSet = "All";

    /// <summary>The containers: names, ids, beginnings of ids, wildcards, or objects of Get-Container.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [Alias("Id")]
    [SupportsWildcards]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    [ValidateNotNullOrEmpty]
    public override string[] Name { get; set; } = [];

    /// <summary>All containers that are not running.</summary>
    [Parameter(Mandatory = true, ParameterSetName = AllSet)]
    public SwitchParameter All { get; set; }

    /// <summary>
    /// Of these, those alone that their restart policy has started after the machine's start: always; unless-stopped where it was not stopped; on-failure where it
    /// failed, or was lost, and was not stopped. Never one that was not started before.
    /// </summary>
    [Parameter]
    public SwitchParameter RestartPolicy { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        foreach (var container in FindContainers(All ? ["*"] : Name))
        {
            if (IsLeftAlone(engine, container) || !ShouldProcess(container.Name, "Start"))
            {
                continue;
            }

            Attempt(EngineErrors.Container, container.Name, () => Start(engine, container));
        }
    }

    private bool IsLeftAlone(ContainerEngine engine, ContainerSnapshot container) => RestartPolicy
        ? !engine.IsForStartup(container.Id)
        : All && container.State is Engine.Runtime.ContainerState.Running or Engine.Runtime.ContainerState.Creating;

    private void Start(ContainerEngine engine, ContainerSnapshot container)
    {
        if (RestartPolicy)
        {
            if (engine.StartByPolicy(container.Id, StopToken) is { } started)
            {
                WriteObject(started.ToContainer());
            }

            return;
        }

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
    }
}
