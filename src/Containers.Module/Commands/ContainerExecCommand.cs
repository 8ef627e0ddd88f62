using System.Management.Automation;
using Containers.Arguments;
using Containers.Engine;
using Containers.Engine.Runtime;
using Containers.Errors;
using Containers.Foreground;

namespace Containers.Commands;

/// <summary>What the cmdlets share that run a further command in a running container.</summary>
public abstract class ContainerExecCommand : ContainerCommand
{
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
    [Alias("u")]
    [UserArgument]
    public string? User { get; set; }

    /// <summary>The command's current folder inside, an absolute path that is there. Without it the container's.</summary>
    [Parameter]
    [Alias("w")]
    [ValidateNotNullOrEmpty]
    public string? WorkingDirectory { get; set; }

    /// <summary>
    /// Every capability, though the container has not; its devices and mounts stay as they are. Code with every capability can take over this machine.
    /// </summary>
    [Parameter]
    public SwitchParameter Privileged { get; set; }

    /// <summary>The keys that detach from a command with a terminal, which goes on: 'ctrl-p,ctrl-q' without it, '' for none.</summary>
    [Parameter]
    [DetachKeysArgument]
    [AllowEmptyString]
    public string DetachKeys { get; set; } = Containers.Foreground.DetachKeys.Default;

    /// <summary>Makes ready for a command.</summary>
    /// <param name="container">The container as it was named.</param>
    /// <param name="name">What native errors call the command.</param>
    /// <param name="usage">How it runs and where its output goes.</param>
    private protected void Prepare(string container, string name, ForegroundUsage usage) => Foreground = new ForegroundCommand(
        this, failure => EngineErrors.Record(Explain(failure, container), EngineErrors.Container, container), name, usage, DetachKeys);

    private EngineException Explain(EngineException failure, string container) => failure.Reason == EngineErrorReason.NotFound && failure.Subject == container && MyInvocation.ExpectingInput
        ? new EngineException(
            failure.Reason, failure.Subject,
            $"{failure.Message} What comes by the pipeline is the command's standard input: the container is named first, as in {MyInvocation.InvocationName} web -- {container}",
            failure)
        : failure;

    /// <summary>What the parameters ask of the engine.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="hasTerminal">Whether it has a terminal.</param>
    /// <returns>The options.</returns>
    private protected ExecOptions Options(string[] command, bool hasTerminal) => new()
    {
        Command = command,
        Environment = CommandVariables.Collect(this, Env, EnvFile),
        User = User,
        WorkingDirectory = WorkingDirectory,
        Privileged = Privileged,
        Tty = hasTerminal,
        TerminalSize = hasTerminal ? SessionConsole.Size : null,
    };
}
