using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine;
using Containers.Engine.Runtime;
using Containers.Errors;
using Containers.Foreground;

namespace Containers.Commands;

/// <summary>Starts containers that are not running. [docker start]</summary>
/// <remarks>
/// The containers run on their own, also when this session ends; their output goes to their logs, which Get-ContainerLog reads.
/// Each started container is written to the pipeline. A container's restarts are counted anew, and its restart policy holds again where it was stopped.
/// With -Attach the session stays with one container, as Connect-Container does, from its first line on: its output comes instead, and its exit code is in
/// $LASTEXITCODE. Ctrl-C sends it SIGINT; it goes on when the session leaves.
/// </remarks>
[Cmdlet(VerbsLifecycle.Start, "Container", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[OutputType(typeof(Container), typeof(string))]
public sealed class StartContainerCommand : ContainerSelectionCommand
{
    private const string NameSet = "Name";
    private const string AllSet = "All";

    private string? _attachedTo;

    /// <summary>The containers: names, ids, beginnings of ids, wildcards, or objects of Get-Container.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [Alias("Id")]
    [SupportsWildcards]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(IdleContainerNameCompleter))]
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

    /// <summary>Stays with the container, which must be one: lines of its output go to the pipeline, and its exit code is in $LASTEXITCODE. [-a]</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Alias("a")]
    public SwitchParameter Attach { get; set; }

    /// <summary>As -Attach, and what is typed here goes to the container's standard input; a container with a terminal (-Tty) gets this session's. [-i]</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Alias("i")]
    public SwitchParameter Interactive { get; set; }

    /// <summary>The keys that detach from a container with a terminal, which goes on: 'ctrl-p,ctrl-q' without it, '' for none.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [DetachKeysArgument]
    [AllowEmptyString]
    public string DetachKeys { get; set; } = Containers.Foreground.DetachKeys.Default;

    private bool IsAttached => Attach || Interactive;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (IsAttached && RestartPolicy)
        {
            Refuse("AttachWithRestartPolicy", "-RestartPolicy starts containers on their own: -Attach and -Interactive have no place.", target: null);
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        var containers = FindContainers(All ? ["*"] : Name);
        if (IsAttached && (_attachedTo is not null || containers.Count > 1) && containers.Count > 0)
        {
            Refuse("AttachToSeveral", $"A session stays with one container: '{_attachedTo ?? containers[0].Name}' was the first, '{containers[^1].Name}' is one more. Leave -Attach out, or name one.", containers[^1].Name);
        }

        foreach (var container in containers)
        {
            if (IsLeftAlone(engine, container) || !ShouldProcess(container.Name, "Start"))
            {
                continue;
            }

            if (IsAttached)
            {
                StartAttached(engine, container);
                continue;
            }

            Attempt(EngineErrors.Container, container.Name, () => Start(engine, container));
        }
    }

    private bool IsLeftAlone(ContainerEngine engine, ContainerSnapshot container) => RestartPolicy
        ? !engine.IsForStartup(container.Id)
        : All && container.State is Engine.Runtime.ContainerState.Running or Engine.Runtime.ContainerState.Creating;

    private void StartAttached(ContainerEngine engine, ContainerSnapshot container)
    {
        _attachedTo = container.Name;
        var usage = new ForegroundUsage(
            Detach: false, HasInput: false, Interactive, container.Options.Tty && Interactive, AsByteStream: false, OutFile: null, PassThru: false);
        if (usage.IsConversation && !SessionConsole.IsTerminal)
        {
            Refuse("NoTerminal", $"The container '{container.Name}' has a terminal to be joined with this session's, and this session has none. -Attach alone shows the output.", container.Name);
        }

        Foreground = new ForegroundCommand(
            this, failure => EngineErrors.Record(failure, EngineErrors.Container, container.Name), container.Name, usage, DetachKeys);
        Foreground.Start(() => engine.StartAttached(container.Id, withInput: Interactive, StopToken));
        Foreground.Finish();
    }

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
                    $"The container '{running.Name}' is running already. Restart-Container {running.Name} starts it anew."),
                EngineErrors.Container,
                running.Name,
                "ContainerRunning"));
            return;
        }

        WriteObject(engine.Start(container.Id, StopToken).ToContainer());
    }
}
