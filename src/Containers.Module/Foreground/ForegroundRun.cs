using System.Diagnostics;
using Containers.Engine;
using Containers.Engine.Runtime;

namespace Containers.Foreground;

/// <summary>
/// A container in the foreground, from the side of the pipeline: its streams on threads of their own, and its end, by itself
/// or by Ctrl-C. <see cref="Interrupt"/> may be called on any thread, everything else on the pipeline's.
/// </summary>
internal sealed class ForegroundRun
{
    private const int Interrupted = 2;
    private const int Killed = 9;

    /// <summary>How long a container has to end after SIGINT.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);

    private readonly ForegroundContainer _container;
    private readonly Exchange _exchange = new(outputs: 2);
    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _gate = new();
    private long _interruptedAt;
    private bool _consoleAttached;
    private bool _over;

    /// <summary>Begins to pump. From here on the run owns the container and the file.</summary>
    /// <param name="container">The running container.</param>
    /// <param name="asBytes">Whether standard output comes as bytes instead of lines.</param>
    /// <param name="outFile">Where standard output goes instead of the pipeline, or null.</param>
    public ForegroundRun(ForegroundContainer container, bool asBytes, Stream? outFile)
    {
        _container = container;
        if (outFile is null)
        {
            StreamPumps.Read("container stdout", container.StandardOutput, _exchange, isError: false, asBytes);
        }
        else
        {
            StreamPumps.Copy("container stdout", container.StandardOutput, outFile, _exchange);
        }

        StreamPumps.Read("container stderr", container.StandardError, _exchange, isError: true, asBytes: false);
        if (container.StandardInput is { } input)
        {
            StreamPumps.Write(_exchange, input);
        }
    }

    /// <summary>Copies the terminal's standard input from now on.</summary>
    public void AttachConsole()
    {
        _consoleAttached = true;
        ConsoleInput.Copy(_exchange, _ended.Token);
    }

    /// <summary>Passes input on, and output that came meanwhile.</summary>
    /// <param name="input">The bytes.</param>
    /// <param name="deliver">Told each piece of output.</param>
    public void Feed(byte[] input, Action<OutputPiece> deliver)
    {
        while (!_exchange.TryOffer(input))
        {
            _exchange.Wait(forRoom: true);
            Drain(deliver);
        }

        Drain(deliver);
        ThrowIfInterrupted();
    }

    /// <summary>Ends the input, passes on the rest of the output, and waits for the end.</summary>
    /// <param name="deliver">Told each piece of output.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    /// <returns>The ended container.</returns>
    public ContainerSnapshot WaitForExit(Action<OutputPiece> deliver, CancellationToken cancellation)
    {
        if (!_consoleAttached)
        {
            _exchange.CompleteInput();
        }

        while (_exchange.Wait(forRoom: false))
        {
            Drain(deliver);
        }

        ThrowIfInterrupted();
        var ended = _container.WaitForExit(cancellation);
        Close();
        return ended;
    }

    /// <summary>Ctrl-C, or a closed reader: SIGINT to the container, and nothing of its output passed on any more.</summary>
    public void Interrupt()
    {
        lock (_gate)
        {
            if (_interruptedAt != 0 || _over)
            {
                return;
            }

            _interruptedAt = Stopwatch.GetTimestamp();
            _exchange.Abandon();
            SendSignal(Interrupted);
        }
    }

    /// <summary>Ends the container if it still runs: SIGINT, and SIGKILL a second later. Afterwards it is cleaned up.</summary>
    public void End()
    {
        lock (_gate)
        {
            if (_over)
            {
                return;
            }
        }

        Interrupt();
        try
        {
            if (!WaitUntilGraceIsOver())
            {
                SendSignal(Killed);
                _container.WaitForExit(CancellationToken.None);
            }
        }
        catch (EngineException)
        {
            // Nothing is left to wait for; what the engine could not undo, the next command of any session finds.
        }
        finally
        {
            Close();
        }
    }

    private bool WaitUntilGraceIsOver()
    {
        var rest = s_grace - Stopwatch.GetElapsedTime(_interruptedAt);
        using var grace = new CancellationTokenSource(rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
        try
        {
            _container.WaitForExit(grace.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.Canceled)
        {
            return false;
        }
    }

    private void SendSignal(int signal)
    {
        try
        {
            _container.Signal(signal);
        }
        catch (EngineException)
        {
            // It has ended by itself meanwhile.
        }
    }

    private void Drain(Action<OutputPiece> deliver)
    {
        while (_exchange.TryTake(out var piece))
        {
            deliver(piece);
        }
    }

    private void ThrowIfInterrupted()
    {
        lock (_gate)
        {
            if (_interruptedAt != 0)
            {
                throw new OperationCanceledException("The container was interrupted.");
            }
        }
    }

    private void Close()
    {
        lock (_gate)
        {
            _over = true;
        }

        _exchange.Abandon();
        _ended.Cancel();
        _container.Dispose();
        _ended.Dispose();
    }
}
