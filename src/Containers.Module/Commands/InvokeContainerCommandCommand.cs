using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine;
using Containers.Engine.Runtime;
using Containers.Errors;
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
public sealed class InvokeContainerCommandCommand : ContainerCommand
{
    private ForegroundCommand? _foreground;

    /// <summary>The container: a name, an id, the beginning of an id, or an object of Get-Container.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("Name", "Id")]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
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

    /// <summary>
    /// Variables for the command, over the container's: 'KEY=VALUE' texts, a hashtable, or both. A name alone takes the value
    /// that the variable has in this session.
    /// </summary>
    [Parameter]
    [Alias("e")]
    [EnvironmentArgument]
    public IDictionary<string, string>? Env { get; set; }

    /// <summary>
    /// Files of variables for the command, a KEY=VALUE on each line, taken as it stands; lines that begin with # are comments, and a KEY alone takes the
    /// session's value. Later files win, and -Env wins over all.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] EnvFile { get; set; } = [];

    /// <summary>The user inside, and a group after a colon, as names of the container's own passwd and group files or as numbers. Without it the container's.</summary>
    [Parameter]
    [UserArgument]
    public string? User { get; set; }

    /// <summary>The command's current folder inside, an absolute path that is there. Without it the container's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? WorkingDirectory { get; set; }

    /// <summary>
    /// Every capability, though the container has not; its devices and mounts stay as they are. Code with every capability can take over this machine.
    /// </summary>
    [Parameter]
    public SwitchParameter Privileged { get; set; }

    /// <summary>Gives the command a terminal of the container's own as its input and output.</summary>
    [Parameter]
    public SwitchParameter Tty { get; set; }

    /// <summary>Leaves the command running on its own. Its output goes nowhere.</summary>
    [Parameter]
    public SwitchParameter Detach { get; set; }

    /// <summary>
    /// Attaches the terminal's standard input, where nothing comes from the pipeline. With -Tty this session's terminal becomes the command's: programs can draw on the
    /// whole screen, and Ctrl-C goes to the program.
    /// </summary>
    [Parameter]
    public SwitchParameter Interactive { get; set; }

    /// <summary>The keys that detach from a command with -Interactive -Tty, which goes on: 'ctrl-p,ctrl-q' without it, '' for none.</summary>
    [Parameter]
    [DetachKeysArgument]
    [AllowEmptyString]
    public string DetachKeys { get; set; } = Foreground.DetachKeys.Default;

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
        usage.Check(this, "command");
        if (!ShouldProcess($"the container '{Container[0]}'", $"Run {Command[0]}"))
        {
            return;
        }

        var options = new ExecOptions
        {
            Command = Command,
            Environment = CommandVariables.Collect(this, Env, EnvFile),
            User = User,
            WorkingDirectory = WorkingDirectory,
            Privileged = Privileged,
            Tty = Tty,
            TerminalSize = Tty ? SessionConsole.Size : null,
        };
        _foreground = new ForegroundCommand(
            this, failure => EngineErrors.Record(failure, EngineErrors.Container, Container[0]), Command[0], usage, DetachKeys);
        if (Detach)
        {
            StartDetached(options);
            return;
        }

        _foreground.Start(
            () =>
            {
                var engine = OpenEngine();
                return engine.Execute(engine.Get(Container[0]).Id, options, HasInput || Interactive, StopToken);
            });
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (HasInput)
        {
            _foreground?.Feed(InputObject);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => _foreground?.Finish();

    /// <inheritdoc/>
    protected override void StopProcessing()
    {
        base.StopProcessing();
        _foreground?.Interrupt();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _foreground?.Dispose();
        }

        base.Dispose(disposing);
    }

    private void StartDetached(ExecOptions options)
    {
        var engine = OpenEngine();
        try
        {
            _ = engine.ExecuteDetached(engine.Get(Container[0]).Id, options, StopToken);
        }
        catch (EngineException e)
        {
            _foreground!.Fail(e);
        }
    }
}
