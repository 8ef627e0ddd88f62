using System.Management.Automation;
using Containers.Arguments;
using Containers.Engine;
using Containers.Engine.Runtime;
using Containers.Foreground;

namespace Containers.Commands;

/// <summary>Runs a command in a new container. [docker run]</summary>
/// <remarks>
/// <para>
/// Behaves as a native command does: lines of standard output go to the pipeline as they come, the pipeline is standard input,
/// standard error can be redirected with 2>, and the exit code is in $LASTEXITCODE (125 where the engine failed, 126 where the
/// command cannot be executed, 127 where it is not there, 128 + n where signal n ended it). Ctrl-C, or a reader that takes no
/// more, sends the container SIGINT and kills it a second later.
/// </para>
/// <para>
/// The command is written after --: PowerShell would take the program's own options for parameters otherwise. Quote what
/// PowerShell reads in a way of its own: text with a comma, braces, and -x:y, which it splits in two.
/// </para>
/// <para>
/// The built-in image host shows this machine's own files as they are, copy-on-write. It is no sandbox for untrusted code.
/// </para>
/// </remarks>
[Cmdlet(VerbsLifecycle.Invoke, "Container", DefaultParameterSetName = ImageSet, SupportsShouldProcess = true)]
[Alias("Run-Container")]
[OutputType(typeof(string), typeof(byte[]), typeof(ContainerRunResult), typeof(Container))]
public sealed class InvokeContainerCommand : ContainerCreationCommand
{
    /// <summary>Standard input: text goes as lines of UTF-8, bytes go as they are.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public PSObject? InputObject { get; set; }

    /// <summary>Leaves the container running on its own and writes it to the pipeline; Get-ContainerLog reads its output, and Connect-Container attaches to it.</summary>
    [Parameter]
    [Alias("d")]
    public SwitchParameter Detach { get; set; }

    /// <summary>The keys that detach from a command with -Interactive -Tty, which goes on: 'ctrl-p,ctrl-q' without it, '' for none. Connect-Container comes back to it.</summary>
    [Parameter]
    [DetachKeysArgument]
    [AllowEmptyString]
    public string DetachKeys { get; set; } = Containers.Foreground.DetachKeys.Default;

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

    private string CommandName => Command is [var first, ..] ? first : MyInvocation.MyCommand.Name;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        RefuseMisplacedOptions();
        var usage = new ForegroundUsage(Detach, HasInput, Interactive, Tty, AsByteStream, OutFile, PassThru);
        usage.Check(this, "container", canBeRejoined: true);
        var options = Options();
        if (!ShouldProcess(NewContainerDescription, Detach ? "Start" : "Run"))
        {
            return;
        }

        Foreground = new ForegroundCommand(this, CreationError, CommandName, usage, DetachKeys);
        if (Detach)
        {
            StartDetached(options);
            return;
        }

        Foreground.Start(
            () =>
            {
                var engine = OpenEngine();
                ProvideImage(engine);
                return engine.Run(options, HasInput || Interactive, StopToken);
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

    private void StartDetached(ContainerOptions options)
    {
        var engine = OpenEngine();
        ContainerSnapshot? made = null;
        try
        {
            ProvideImage(engine);
            made = engine.Create(options, StopToken);
            WriteObject(engine.Start(made.Id, StopToken).ToContainer());
        }
        catch (EngineException e)
        {
            if (made is not null)
            {
                RemoveUnstarted(engine, made.Id);
            }

            Foreground!.Fail(e);
        }
    }

    private void RemoveUnstarted(ContainerEngine engine, string id)
    {
        try
        {
            engine.Remove(id, force: true, CancellationToken.None);
            if (CidFile is not null)
            {
                File.Delete(SessionState.Path.GetUnresolvedProviderPathFromPSPath(CidFile));
            }
        }
        catch (EngineException e)
        {
            WriteWarning($"The container that could not be started was not removed either: {e.Message}");
        }
    }
}
