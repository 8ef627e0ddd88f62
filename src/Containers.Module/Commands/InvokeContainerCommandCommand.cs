using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine;
using Containers.Engine.Runtime;
using Containers.Foreground;

namespace Containers.Commands;

/// <summary>Runs a further command in a running container. [docker exec]</summary>
/// <remarks>
/// <para>
/// The command joins the container's namespaces and its cgroup, and has its variables, user, capabilities and filter of system calls. It ends with the
/// container. The container must be running.
/// </para>
/// <para>
/// Behaves as a native command does: lines of standard output go to the pipeline as they come, the pipeline is standard input,
/// standard error can be redirected with 2>, and the exit code is in $LASTEXITCODE (125 where the engine failed, 126 where the
/// command cannot be executed, 127 where it is not there, 128 + n where signal n ended it). Ctrl-C, or a reader that takes no
/// more, sends the command SIGINT and kills it a second later.
/// </para>
/// <para>
/// The command is written after --: PowerShell would take the program's own options for parameters otherwise.
/// </para>
/// </remarks>
[Cmdlet(VerbsLifecycle.Invoke, "ContainerCommand", SupportsShouldProcess = true)]
[Alias("Exec-Container")]
[OutputType(typeof(string), typeof(byte[]), typeof(ContainerRunResult))]
public sealed class InvokeContainerCommandCommand : ContainerExecCommand
{
    /// <summary>The container: a name, an id, the beginning of an id, or an object of Get-Container.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("Name", "Id")]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(RunningContainerNameCompleter))]
    [ValidateNotNullOrEmpty]
    [ValidateCount(1, 1)]
    public string[] Container { get; set; } = [];

    /// <summary>
    /// The program and its arguments, written after --, so that PowerShell does not take the program's options for its own.
    /// Numbers keep their spelling; $null is left out; text with a comma, a brace or the form -x:y must be quoted.
    /// </summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromRemainingArguments = true)]
    [CommandArgument]
    [AllowEmptyString]
    public string[] Command { get; set; } = [];

    /// <summary>Standard input: text goes as lines of UTF-8, bytes go as they are.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public PSObject? InputObject { get; set; }

    /// <summary>Gives the command a terminal of the container's own as its input and output.</summary>
    [Parameter]
    [Alias("t")]
    public SwitchParameter Tty { get; set; }

    /// <summary>Leaves the command running on its own. Its output goes nowhere.</summary>
    [Parameter]
    [Alias("d")]
    public SwitchParameter Detach { get; set; }

    /// <summary>
    /// Attaches the terminal's standard input, where nothing comes from the pipeline. With -Tty this session's terminal becomes the command's: programs can draw on the
    /// whole screen, and Ctrl-C goes to the program.
    /// </summary>
    [Parameter]
    [Alias("i")]
    public SwitchParameter Interactive { get; set; }

    /// <summary>Writes standard output as byte arrays instead of lines.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>Writes standard output, as raw bytes, to this file instead of the pipeline.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? OutFile { get; set; }

    /// <summary>Writes one object instead of the output: exit code, lines of output and error, times.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private bool HasInput => MyInvocation.ExpectingInput || MyInvocation.BoundParameters.ContainsKey(nameof(InputObject));

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        MisplacedOption.Refuse(this, "container", Container[0], Command);
        var usage = new ForegroundUsage(Detach, HasInput, Interactive, Tty, AsByteStream, OutFile, PassThru);
        usage.Check(this, "command", canBeRejoined: false);
        if (!ShouldProcess($"the container '{Container[0]}'", $"Run {Command[0]}"))
        {
            return;
        }

        var options = Options(Command, Tty);
        Prepare(Container[0], Command[0], usage);
        if (Detach)
        {
            StartDetached(options);
            return;
        }

        Foreground!.Start(
            () =>
            {
                var engine = OpenEngine();
                return engine.Execute(engine.FindId(Container[0]), options, HasInput || Interactive, StopToken);
            });
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (HasInput)
        {
            Foreground?.Feed(InputObject);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => Foreground?.Finish();

    private void StartDetached(ExecOptions options)
    {
        var engine = OpenEngine();
        try
        {
            _ = engine.ExecuteDetached(engine.FindId(Container[0]), options, StopToken);
        }
        catch (EngineException e)
        {
            Foreground!.Fail(e);
        }
    }
}
