using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Errors;
using Containers.Foreground;

namespace Containers.Commands;

/// <summary>Runs a command or a script block in namespaces. [nsenter, ip netns exec]</summary>
/// <remarks>
/// <para>
/// A command, written after --, behaves as a native command does: lines of standard output go to the pipeline as they come, the pipeline is standard input, standard error
/// can be redirected with 2>, and the exit code is in $LASTEXITCODE (125 where the engine failed, 126 and 127 as shells have it). It keeps this session's rights, cgroup and
/// limits. In a container's namespaces it is therefore no part of the container, and programs found there run with the rights of this session: Invoke-ContainerCommand runs
/// a command as the container's own.
/// </para>
/// <para>
/// A script block runs in a session of its own on a thread that enters network, UTS, IPC and cgroup namespaces; its objects come back as they are. $using: takes variables
/// along. Other kinds only a command can enter.
/// </para>
/// </remarks>
/// <seealso cref="EnterNamespaceCommand"/>
[Cmdlet(VerbsLifecycle.Invoke, "Namespace", SupportsShouldProcess = true)]
[OutputType(typeof(string), typeof(byte[]), typeof(ContainerRunResult), typeof(PSObject))]
public sealed class InvokeNamespaceCommand : NamespaceEntryCommand
{
    private readonly List<PSObject> _input = [];

    /// <summary>
    /// Whose namespaces: a name of New-Namespace, the pid of a process, container:NAME, a namespace as net:[4026531840], the path of a namespace's file, or objects of
    /// Get-Namespace, Get-Container or Get-Process. Several together must not have two of one kind.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0)]
    [NamespaceTargetArgument]
    [ArgumentCompleter(typeof(NamespaceTargetCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Namespace { get; set; } = [];

    /// <summary>The program and its arguments, written after --; or a script block.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromRemainingArguments = true)]
    [NamespaceCommandArgument]
    [AllowEmptyString]
    public object[] Command { get; set; } = [];

    /// <summary>The arguments of a script block.</summary>
    [Parameter]
    [AllowNull]
    [AllowEmptyCollection]
    public object?[] ArgumentList { get; set; } = [];

    /// <summary>Standard input: text goes as lines of UTF-8, bytes go as they are. What $input gives, for a script block.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public PSObject? InputObject { get; set; }

    /// <summary>Gives the command a terminal of its own as its input and output.</summary>
    [Parameter]
    public SwitchParameter Tty { get; set; }

    /// <summary>Attaches the terminal's standard input. With -Tty this session's terminal becomes the command's.</summary>
    [Parameter]
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

    private protected override IReadOnlyList<string> Meant => Namespace;

    private bool HasInput => MyInvocation.ExpectingInput || MyInvocation.BoundParameters.ContainsKey(nameof(InputObject));

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Command is [ScriptBlock])
        {
            return;
        }

        string[] words = [.. Command.Cast<string>()];
        if (words is [['-', ..] first, ..])
        {
            Refuse("CommandBeginsWithDash", $"'{first}' is no command. Write the namespaces first, then -- and the command: Invoke-Namespace blue -- ip address", first);
        }

        if (ArgumentList is { Length: > 0 })
        {
            Refuse("ArgumentListWithCommand", "-ArgumentList is for a script block; the arguments of a command follow it.", null);
        }

        var usage = new ForegroundUsage(Detach: false, HasInput, Interactive, Tty, AsByteStream, OutFile, PassThru);
        usage.Check(this, "command", canBeRejoined: false);
        if (ShouldProcess($"the namespaces of {Place}", $"Run {words[0]}"))
        {
            Prepare(words[0], usage);
            Foreground!.Start(() => Execute(words, Tty, HasInput || Interactive));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (!HasInput)
        {
            return;
        }

        if (Command is [ScriptBlock])
        {
            if (InputObject is { } one)
            {
                _input.Add(one);
            }
        }
        else
        {
            Foreground?.Feed(InputObject);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (Command is not [ScriptBlock block])
        {
            Foreground?.Finish();
            return;
        }

        if (Tty || Interactive || AsByteStream || PassThru || OutFile is not null || User is not null || WorkingDirectory is not null || Env is not null)
        {
            Refuse("ParameterOfCommand", "-User, -WorkingDirectory, -Env and what says where output goes are for a command; a script block runs in this process.", null);
        }

        if (!ShouldProcess($"the namespaces of {Place}", "Run a script block"))
        {
            return;
        }

        var engine = OpenEngine();
        Attempt(EngineErrors.Namespace, Place, () => new NamespaceScript(this, block, ArgumentList).Run(_input, () => engine.EnterNamespaces(Targets, Type.ToEngine()).Leave));
    }
}
