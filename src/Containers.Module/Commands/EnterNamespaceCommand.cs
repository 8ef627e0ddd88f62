using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine;
using Containers.Engine.Namespaces;
using Containers.Engine.Runtime;
using Containers.Errors;
using Containers.Foreground;

namespace Containers.Commands;

/// <summary>Takes this session into namespaces, until Exit-Namespace. [nsenter]</summary>
/// <remarks>
/// <para>
/// Where only network, UTS, IPC and cgroup namespaces are entered, the session itself goes: native commands and sockets that are begun from then on are inside, and the
/// prompt shows it. Entered again, it is nested. Exit-Namespace goes back one step.
/// </para>
/// <para>
/// It is the thread of the pipeline that goes. Threads of this process that are born meanwhile are inside too and stay there; Exit-Namespace warns with their number. What is
/// asynchronous (HttpClient, Invoke-WebRequest, jobs) may be on either side. Containers are started as if nothing had been entered.
/// </para>
/// <para>
/// Mount, pid, user and time namespaces no session can enter: where there is one among those that are meant, a shell is opened inside, in this session's terminal, bash where
/// it is there, else sh, or the command given after --. -Type leaves them out: Enter-Namespace container:web -Type Network.
/// </para>
/// </remarks>
/// <seealso cref="ExitNamespaceCommand"/>
[Cmdlet(VerbsCommon.Enter, "Namespace", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class EnterNamespaceCommand : NamespaceEntryCommand
{
    private readonly List<string> _meant = [];

    /// <summary>
    /// Whose namespaces: a name of New-Namespace, the pid of a process, container:NAME, a namespace as net:[4026531840], the path of a namespace's file, or objects of
    /// Get-Namespace, Get-Container or Get-Process. Several together must not have two of one kind.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [NamespaceTargetArgument]
    [ArgumentCompleter(typeof(NamespaceTargetCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Namespace { get; set; } = [];

    /// <summary>The program and its arguments, written after --, instead of a shell. Always a process of its own.</summary>
    [Parameter(Position = 1, ValueFromRemainingArguments = true)]
    [CommandArgument]
    [AllowNull]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? Command { get; set; }

    private protected override IReadOnlyList<string> Meant => _meant;

    /// <inheritdoc/>
    protected override void ProcessRecord() => _meant.AddRange(Namespace);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var engine = OpenEngine();
        IReadOnlyList<Engine.Namespaces.NamespaceType>? found = null;
        Attempt(EngineErrors.Namespace, Place, () => found = engine.FindNamespaces(Targets, Type.ToEngine()));
        if (found is null)
        {
            return;
        }

        if (Command is { Length: > 0 } || found.Except(ThreadNamespaces.Types).Any())
        {
            OpenShell();
            return;
        }

        if (User is not null || WorkingDirectory is not null || Env is not null)
        {
            Refuse("ParameterOfCommand", "-User, -WorkingDirectory and -Env are for a shell; these namespaces are entered by the session itself.", null);
        }

        if (ShouldProcess($"the namespaces of {Place}", $"Enter {string.Join(", ", found)}"))
        {
            Attempt(EngineErrors.Namespace, Place, () => EnteredNamespaces.Push(Place, engine.EnterNamespaces(Targets, Type.ToEngine())));
        }
    }

    private void OpenShell()
    {
        var usage = new ForegroundUsage(Detach: false, HasInput: false, Interactive: true, Tty: true, AsByteStream: false, OutFile: null, PassThru: false);
        usage.Check(this, "shell", canBeRejoined: false);
        if (ShouldProcess($"the namespaces of {Place}", Command is [var program, ..] ? $"Run {program}" : "Open a shell"))
        {
            Prepare(Command is [var first, ..] ? first : "sh", usage);
            Foreground!.Start(() => ShellSearch.Start(Command, command => Execute(command, hasTerminal: true, withInput: true)));
            Foreground.Finish();
        }
    }
}
