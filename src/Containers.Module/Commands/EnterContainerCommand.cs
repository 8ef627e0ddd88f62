using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine;
using Containers.Engine.Runtime;
using Containers.Foreground;

namespace Containers.Commands;

/// <summary>Opens a shell in a running container, in this session's terminal. [docker exec -it]</summary>
/// <remarks>
/// <para>
/// The shell is bash where the container has it, else sh, or the command given after --. It is left with exit, or with the keys that detach: then it stays in the
/// container without anyone at it.
/// </para>
/// <para>
/// This session's terminal is joined with one of the container's own: programs can draw on the whole screen, the size follows the window, and Ctrl-C goes
/// to the program inside. Whatever happens, the session's terminal is given back as it was.
/// </para>
/// </remarks>
[Cmdlet(VerbsCommon.Enter, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class EnterContainerCommand : ContainerExecCommand
{
    /// <summary>The container: a name, an id, the beginning of an id, or an object of Get-Container.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "Id")]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(RunningContainerNameCompleter))]
    [ValidateNotNullOrEmpty]
    [ValidateCount(1, 1)]
    public string[] Container { get; set; } = [];

    /// <summary>The program and its arguments, written after --, instead of a shell.</summary>
    [Parameter(Position = 1, ValueFromRemainingArguments = true)]
    [CommandArgument]
    [AllowNull]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? Command { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        MisplacedOption.Refuse(this, "container", Container[0], Command);
        var usage = new ForegroundUsage(Detach: false, HasInput: false, Interactive: true, Tty: true, AsByteStream: false, OutFile: null, PassThru: false);
        if (!SessionConsole.IsTerminal)
        {
            Refuse("NoTerminal", $"A shell needs a terminal, and this session has none. Run a command: Invoke-ContainerCommand {Container[0]} -- ls /", Container[0]);
        }

        if (!ShouldProcess($"the container '{Container[0]}'", Command is [var program, ..] ? $"Run {program}" : "Open a shell"))
        {
            return;
        }

        Prepare(Container[0], Command is [var first, ..] ? first : "sh", usage);
        Foreground!.Start(() =>
        {
            var engine = OpenEngine();
            var id = engine.FindId(Container[0]);
            return ShellSearch.Start(Command, command => engine.Execute(id, Options(command, hasTerminal: true), withInput: true, StopToken));
        });
        Foreground.Finish();
    }
}
