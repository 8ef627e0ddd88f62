using System.Management.Automation;
using Containers.Commands;
using Containers.Engine;
using Containers.Engine.Runtime;
using Containers.Errors;
using Containers.Interop;
using Containers.Module.NativeStreams;

namespace Containers.Foreground;

/// <summary>
/// What makes a cmdlet behave as a native command while its process runs in a container: output to the pipeline, errors to the native error path, the exit
/// code, Ctrl-C and closed readers. Used on the pipeline's thread; <see cref="Interrupt"/> on any.
/// </summary>
/// <param name="cmdlet">The cmdlet.</param>
/// <param name="error">Makes the record of a failure of the engine.</param>
/// <param name="name">What native errors call the command.</param>
/// <param name="usage">How it runs and where its output goes.</param>
/// <param name="detachKeys">The keys that detach from a conversation.</param>
internal sealed class ForegroundCommand(
    ContainerCommand cmdlet, Func<EngineException, ErrorRecord> error, string name, ForegroundUsage usage, string detachKeys) : IDisposable
{
    private const int EngineExitCode = 125;

    private readonly Lock _gate = new();
    private readonly RestartNotice _restart = new(cmdlet);
    private readonly NativeCommandStreams _streams = new(cmdlet);
    private readonly List<string> _output = [];
    private readonly List<string> _error = [];
    private ForegroundRun? _run;
    private SessionConsole? _console;

    /// <summary>Starts the process.</summary>
    /// <param name="start">Starts it.</param>
    public void Start(Func<ForegroundProcess> start)
    {
        var file = OpenOutFile();
        try
        {
            var run = new ForegroundRun(start(), usage.AsByteStream || usage.IsConversation, file, isSignalled: !usage.NoSignal);
            file = null;
            lock (_gate)
            {
                _run = run;
            }

            if (cmdlet.StopToken.IsCancellationRequested)
            {
                run.Interrupt();
            }

            if (usage is { Interactive: true, HasInput: false })
            {
                _console = new SessionConsole(isRaw: usage.IsConversation);
                run.AttachConsole(_console, new DetachKeys(usage.IsConversation ? DetachKeys.Parse(detachKeys) : []));
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

    /// <summary>Passes one object of the pipeline to the process.</summary>
    /// <param name="input">The object.</param>
    public void Feed(PSObject? input)
    {
        if (_run is { } run)
        {
            Guarded(run, () => run.Feed(InputEncoding.Encode(input), Deliver));
        }
    }

    /// <summary>Ends the input and waits for the process's end.</summary>
    public void Finish()
    {
        if (_run is { } run)
        {
            Guarded(run, () => Finish(run));
        }
    }

    /// <summary>Ctrl-C.</summary>
    public void Interrupt()
    {
        lock (_gate)
        {
            _run?.Interrupt();
        }
    }

    /// <summary>Ends a process that still runs, as where a command upstream ended the pipeline; leaves one that ran before.</summary>
    public void Dispose() => _run?.End();

    /// <summary>Writes a failure of the engine, with the exit code that goes with it.</summary>
    /// <param name="failure">The failure.</param>
    public void Fail(EngineException failure)
    {
        if (cmdlet.StopToken.IsCancellationRequested && failure.Reason == EngineErrorReason.Canceled)
        {
            throw new PipelineStoppedException();
        }

        // The exit code first: under ErrorAction Stop, writing the error ends the cmdlet.
        _streams.SetExitCode(EngineErrors.ExitCode(failure), name);
        cmdlet.WriteError(error(failure));
    }

    private FileStream? OpenOutFile()
    {
        if (usage.OutFile is null)
        {
            return null;
        }

        var path = cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(usage.OutFile);
        try
        {
            return new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            cmdlet.ThrowTerminatingError(new ErrorRecord(e, "OutFileNotWritable", ErrorCategory.OpenError, path));
            throw;
        }
    }

    private void Finish(ForegroundRun run)
    {
        if (run.WaitForExit(Deliver, cmdlet.StopToken) is not { } ended)
        {
            HostMessage.Write(cmdlet, run is { CanBeRejoined: true, Container.Name: var container }
                ? $"\nDetached; '{container}' goes on. Back to it: Connect-Container {container}"
                : $"\nDetached; the command goes on in {Place(run)}, until it ends or what it is in does.");
            return;
        }

        if (usage.PassThru)
        {
            cmdlet.WriteObject(new ContainerRunResult
            {
                ExitCode = ended.ExitCode,
                Output = _output,
                Error = _error,
                Signal = EngineMapping.ToSignal(ended.Signal),
                Reason = (ContainerStateReason)ended.Reason,
                StartedAt = ended.StartedAt,
                FinishedAt = ended.FinishedAt,
                ContainerId = run.Container?.Id,
                ContainerName = run.Container?.Name,
            });
        }

        if (run.CanBeRejoined)
        {
            _restart.Warn(run.Container!);
        }

        if (ended.ExitCode is { } code)
        {
            _streams.SetExitCode(code, name);
            return;
        }

        Fail(new EngineException(
            EngineErrorReason.Internal,
            run.Container?.Name ?? name,
            $"How the command in {Place(run)} ended is not known ({ended.Reason}): its exit code is lost."));
    }

    private static string Place(ForegroundRun run) => run.Container is { } container ? $"the container '{container.Name}'" : "other namespaces";

    private void Deliver(OutputPiece piece)
    {
        if (usage.PassThru)
        {
            (piece.IsError ? _error : _output).AddRange(piece.Lines);
            return;
        }

        if (usage.IsConversation)
        {
            _console?.Write(piece.Bytes);
            return;
        }

        if (piece.Bytes is { } bytes)
        {
            cmdlet.WriteObject(bytes, enumerateCollection: false);
            return;
        }

        foreach (var line in piece.Lines)
        {
            if (piece.IsError)
            {
                _streams.WriteErrorLine(line);
            }
            else
            {
                cmdlet.WriteObject(line);
            }
        }
    }

    /// <summary>
    /// Does a part of the run. Whatever ends it early (Ctrl-C; a closed reader, which PowerShell tells by an exception of
    /// WriteObject; an error under ErrorAction Stop) ends the process first, unless it ran before.
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
            _streams.SetExitCode(EngineExitCode, name);
            cmdlet.WriteError(new ErrorRecord(e, "ContainerOutputFailed", ErrorCategory.WriteError, usage.OutFile ?? name));
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
                if (run is { CanBeRejoined: true, IsLeftRunning: false })
                {
                    _restart.WarnByHost(run.Container!);
                }
            }
        }
    }
}
