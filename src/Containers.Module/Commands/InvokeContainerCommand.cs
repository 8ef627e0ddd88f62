using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Runtime;
using Containers.Errors;
using Containers.Foreground;
using Containers.Interop;
using Containers.Module.NativeStreams;

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
    private readonly Lock _runGate = new();
    private readonly List<string> _output = [];
    private readonly List<string> _error = [];
    private NativeCommandStreams? _streams;
    private ForegroundRun? _run;

    /// <summary>Standard input: text goes as lines of UTF-8, bytes go as they are.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public PSObject? InputObject { get; set; }

    /// <summary>Leaves the container running on its own and writes it to the pipeline; Get-ContainerLog reads its output.</summary>
    [Parameter]
    public SwitchParameter Detach { get; set; }

    /// <summary>Attaches the terminal's standard input, where nothing comes from the pipeline.</summary>
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

    private bool HasInput => MyInvocation.ExpectingInput || MyInvocation.BoundParameters.ContainsKey(nameof(InputObject));

    private string CommandName => Command is [var first, ..] ? first : MyInvocation.MyCommand.Name;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        RefuseMisplacedOptions();
        RefuseContradictions();
        var options = Options();
        if (!ShouldProcess(NewContainerDescription, Detach ? "Start" : "Run"))
        {
            return;
        }

        _streams = new NativeCommandStreams(this);
        if (Detach)
        {
            StartDetached(options);
            return;
        }

        var file = OpenOutFile();
        try
        {
            var engine = OpenEngine();
            ProvideImage(engine);
            var container = engine.Run(options, HasInput || Interactive, StopToken);
            var run = new ForegroundRun(container, AsByteStream, file);
            file = null;
            lock (_runGate)
            {
                _run = run;
            }

            if (StopToken.IsCancellationRequested)
            {
                run.Interrupt();
            }

            if (Interactive && !HasInput)
            {
                run.AttachConsole();
            }
        }
        catch (EngineException e)
        {
            Fail(e);
        }
        catch (KernelException e)
        {
            Fail(EngineErrors.Unforeseen(e));
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (_run is { } run && HasInput)
        {
            Guarded(run, () => run.Feed(InputEncoding.Encode(InputObject), Deliver));
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_run is { } run)
        {
            Guarded(run, () => Finish(run));
        }
    }

    /// <inheritdoc/>
    protected override void StopProcessing()
    {
        base.StopProcessing();
        lock (_runGate)
        {
            _run?.Interrupt();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // Reached with a container still running where a command upstream ended the pipeline.
            _run?.End();
        }

        base.Dispose(disposing);
    }

    private void RefuseContradictions()
    {
        if (Detach && (Interactive || AsByteStream || PassThru || OutFile is not null))
        {
            Refuse("DetachWithOutput", "-Detach leaves the container on its own: -Interactive, -AsByteStream, -OutFile and -PassThru are for one in the foreground.", null);
        }

        if (Detach && HasInput)
        {
            Refuse("DetachWithInput", "-Detach leaves the container on its own, so that nothing can be piped into it.", null);
        }

        if ((AsByteStream && (PassThru || OutFile is not null)) || (PassThru && OutFile is not null))
        {
            Refuse("OutputFormsExclude", "-AsByteStream, -OutFile and -PassThru each say where standard output goes: take one of them.", null);
        }
    }

    private FileStream? OpenOutFile()
    {
        if (OutFile is null)
        {
            return null;
        }

        var path = SessionState.Path.GetUnresolvedProviderPathFromPSPath(OutFile);
        try
        {
            return new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ThrowTerminatingError(new ErrorRecord(e, "OutFileNotWritable", ErrorCategory.OpenError, path));
            throw;
        }
    }

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

            Fail(e);
        }
    }

    private void RemoveUnstarted(ContainerEngine engine, string id)
    {
        try
        {
            engine.Remove(id, force: true, CancellationToken.None);
        }
        catch (EngineException e)
        {
            WriteWarning($"The container that could not be started was not removed either: {e.Message}");
        }
    }

    private void Fail(EngineException failure)
    {
        if (StopToken.IsCancellationRequested && failure.Reason == EngineErrorReason.Canceled)
        {
            throw new PipelineStoppedException();
        }

        // The exit code first: under ErrorAction Stop, writing the error ends the cmdlet.
        _streams!.SetExitCode(EngineErrors.ExitCode(failure), CommandName);
        WriteError(CreationError(failure));
    }

    private void Finish(ForegroundRun run)
    {
        var ended = run.WaitForExit(Deliver, StopToken);
        if (PassThru)
        {
            WriteObject(new ContainerRunResult
            {
                ExitCode = ended.ExitCode,
                Output = _output,
                Error = _error,
                Signal = EngineMapping.ToSignal(ended.Signal),
                Reason = (ContainerStateReason)ended.Reason,
                StartedAt = ended.StartedAt,
                FinishedAt = ended.FinishedAt,
                ContainerId = ended.Id,
                ContainerName = ended.Name,
            });
        }

        if (ended.ExitCode is { } code)
        {
            _streams!.SetExitCode(code, CommandName);
            return;
        }

        Fail(new EngineException(
            EngineErrorReason.Internal,
            ended.Name,
            $"How the container '{ended.Name}' ended is not known ({ended.Reason}): its exit code is lost."));
    }

    private void Deliver(OutputPiece piece)
    {
        if (PassThru)
        {
            (piece.IsError ? _error : _output).AddRange(piece.Lines);
            return;
        }

        if (piece.Bytes is { } bytes)
        {
            WriteObject(bytes, enumerateCollection: false);
            return;
        }

        foreach (var line in piece.Lines)
        {
            if (piece.IsError)
            {
                _streams!.WriteErrorLine(line);
            }
            else
            {
                WriteObject(line);
            }
        }
    }

    /// <summary>
    /// Does a part of the run. Whatever ends it early (Ctrl-C; a closed reader, which PowerShell tells by an exception of
    /// WriteObject; an error under ErrorAction Stop) ends the container first.
    /// </summary>
    private void Guarded(ForegroundRun run, Action work)
    {
        var done = false;
        try
        {
            work();
            done = true;
        }
        catch (EngineException e)
        {
            run.End();
            done = true;
            Fail(e);
        }
        catch (IOException e)
        {
            run.End();
            done = true;
            _streams!.SetExitCode(EngineExitCode, CommandName);
            WriteError(new ErrorRecord(e, "ContainerOutputFailed", ErrorCategory.WriteError, OutFile ?? CommandName));
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
        finally
        {
            if (!done)
            {
                run.End();
            }
        }
    }

    private const int EngineExitCode = 125;
}
