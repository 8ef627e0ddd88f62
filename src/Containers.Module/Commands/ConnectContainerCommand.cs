using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine;
using Containers.Engine.Runtime;
using Containers.Errors;
using Containers.Foreground;

namespace Containers.Commands;

/// <summary>Attaches this session to a running container. [docker attach]</summary>
/// <remarks>
/// <para>
/// What the container writes from now on comes as of a native command: lines of standard output to the pipeline, standard error where 2> sends it, and at the
/// container's end its exit code in $LASTEXITCODE. What it wrote before is in its log (Get-ContainerLog). Several sessions may be attached at once, at most
/// eight besides the one that started the container; each gets all of the output, and one that reads slowly slows the container down.
/// </para>
/// <para>
/// A container with a terminal (-Tty) gets this session's: programs draw their screen anew, the size follows the window, Ctrl-C goes to the program, and the keys
/// that detach, Ctrl-P Ctrl-Q, leave it running. Without one, the pipeline or this session's terminal is standard input, where the container keeps that open:
/// it does so when it was started on its own with -Interactive. Its input does not end when that of the session does.
/// </para>
/// <para>
/// The container goes on when the session leaves, or when its reader takes no more, as Select-Object -First. Without a terminal, Ctrl-C sends it SIGINT first, which
/// ends many programs, also with -NoStdin; with -NoSignal it does not, and only the session leaves. `Connect-Container web -NoStdin -NoSignal` only looks on.
/// </para>
/// </remarks>
[Cmdlet(VerbsCommunications.Connect, "Container", SupportsShouldProcess = true, DefaultParameterSetName = NameSet)]
[Alias("Attach-Container")]
[OutputType(typeof(string))]
public sealed class ConnectContainerCommand : ContainerCommand
{
    private const string NameSet = "Name";
    private const string PipelineSet = "Pipeline";

    private string? _connectedTo;

    /// <summary>The container: a name, an id, the beginning of an id, or an object of Get-Container.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [Alias("Name", "Id")]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(RunningContainerNameCompleter))]
    [ValidateNotNullOrEmpty]
    [ValidateCount(1, 1)]
    public string[] Container { get; set; } = [];

    /// <summary>The container from the pipeline, as an object of Get-Container, where none is named.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = PipelineSet)]
    public Container? InputContainer { get; set; }

    /// <summary>Standard input, where the container is named: text goes as lines of UTF-8, bytes go as they are.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = NameSet)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public PSObject? InputObject { get; set; }

    /// <summary>The keys that detach from a container with a terminal, which goes on: 'ctrl-p,ctrl-q' without it, '' for none.</summary>
    [Parameter]
    [DetachKeysArgument]
    [AllowEmptyString]
    public string DetachKeys { get; set; } = Containers.Foreground.DetachKeys.Default;

    /// <summary>Only reads: the output comes to the pipeline, also that of a terminal, and nothing is typed or passed in.</summary>
    [Parameter]
    public SwitchParameter NoStdin { get; set; }

    /// <summary>
    /// Ctrl-C sends the container no signal: the session leaves, and the container goes on. Without it Ctrl-C sends SIGINT to one without a terminal. At a terminal Ctrl-C is
    /// typed as any key, and the keys that detach leave it. [--sig-proxy=false]
    /// </summary>
    [Parameter]
    [Alias("NoSigProxy")]
    public SwitchParameter NoSignal { get; set; }

    private bool HasInput => IsNamed && HasInputObject;

    private bool IsNamed => MyInvocation.BoundParameters.ContainsKey(nameof(Container));

    private bool HasInputObject => MyInvocation.ExpectingInput || MyInvocation.BoundParameters.ContainsKey(nameof(InputObject));

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (NoStdin && HasInput)
        {
            Refuse("NoStdinWithInput", "-NoStdin passes nothing in: take it away, or do not pipe anything in.", null);
        }

        if (IsNamed)
        {
            Connect();
        }
    }

    private void Connect()
    {
        if (!ShouldProcess($"the container '{Container[0]}'", "Attach"))
        {
            return;
        }

        var engine = OpenEngine();
        Func<EngineException, ErrorRecord> error = failure => EngineErrors.Record(failure, EngineErrors.Container, Container[0]);
        try
        {
            var container = engine.Get(Container[0]);
            var usage = Usage(container);
            Foreground = new ForegroundCommand(this, error, container.Name, usage, DetachKeys);
            Foreground.Start(() => Attach(engine, container));
        }
        catch (EngineException e)
        {
            using var failed = new ForegroundCommand(this, error, Container[0], Usage(container: null), DetachKeys);
            failed.Fail(e);
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (HasInput)
        {
            Foreground?.Feed(InputObject);
        }
        else if (InputContainer is { } piped)
        {
            if (_connectedTo is not null)
            {
                Refuse("ConnectToSeveral", $"A session attaches to one container at a time: '{_connectedTo}' was the first, '{piped.Name}' is one more.", piped);
            }

            _connectedTo = piped.Name;
            Container = [piped.Name];
            Connect();
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => Foreground?.Finish();

    /// <summary>How the session takes part: with its terminal where the container has one, else with its input where the container may take it.</summary>
    private ForegroundUsage Usage(ContainerSnapshot? container)
    {
        var hasTerminal = container?.Options.Tty == true;
        var usage = new ForegroundUsage(
            Detach: false, HasInput, Interactive: !NoStdin && (hasTerminal || container?.Options.Interactive == true), Tty: hasTerminal && !NoStdin, AsByteStream: false, OutFile: null, PassThru: false) { NoSignal = NoSignal };
        if (usage.Tty && HasInput)
        {
            Refuse("TtyWithInput", $"The input of the container '{container!.Name}' is a terminal, which has no end, so that nothing can be piped in.", container.Name);
        }

        if (usage.IsConversation && !SessionConsole.IsTerminal)
        {
            Refuse("NoTerminal", $"The container '{container!.Name}' has a terminal to be joined with this session's, and this session has none. -NoStdin shows the output.", container.Name);
        }

        return usage;
    }

    private ForegroundProcess Attach(ContainerEngine engine, ContainerSnapshot container)
    {
        var process = engine.Attach(container.Id, withInput: !NoStdin, StopToken);
        if (HasInput && process is { StandardInput: null, Terminal: null })
        {
            process.Dispose();
            throw new EngineException(
                EngineErrorReason.Busy,
                container.Name,
                $"The container '{container.Name}' keeps no standard input open, so that nothing can be piped in: only one that was started on its own with -Interactive does.");
        }

        return process;
    }
}
