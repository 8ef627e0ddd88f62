using System.Diagnostics;
using Containers.Engine;
using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Foreground;

/// <summary>
/// A command of a container in the foreground, from the side of the pipeline, whose thread does everything: it waits for output, room for
/// input and Ctrl-C at once, and so slows the container down where its own reader is slow. <see cref="Interrupt"/> may be called on any thread.
/// </summary>
internal sealed class ForegroundRun
{
    private const int Interrupted = 2;
    private const int Killed = 9;
    private const int ChunkSize = 64 * 1024;

    /// <summary>How long a container has to end after SIGINT.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);

    /// <summary>How long it may take to die: on cgroup v1 what is suspended dies only once it is resumed.</summary>
    private static readonly TimeSpan s_patienceAfterKill = TimeSpan.FromSeconds(10);

    private readonly ForegroundProcess _process;
    private readonly bool _isSignalled;
    private readonly OutputReader _output;
    private readonly OutputReader _error;
    private readonly InputWriter _input;
    private readonly WakeUp _wakeUp = new();
    private readonly byte[] _buffer = new byte[ChunkSize];
    private readonly Lock _gate = new();
    private long _interruptedAt;
    private SessionConsole? _console;
    private DetachKeys _keys = new([]);
    private bool _isDetached;
    private bool _over;

    /// <summary>From here on the run owns the container and the file.</summary>
    /// <param name="process">The running process.</param>
    /// <param name="asBytes">Whether standard output comes as bytes instead of lines.</param>
    /// <param name="outFile">Where standard output goes instead of the pipeline, or null.</param>
    /// <param name="isSignalled">Whether Ctrl-C sends it SIGINT.</param>
    public ForegroundRun(ForegroundProcess process, bool asBytes, Stream? outFile, bool isSignalled = true)
    {
        _process = process;
        _isSignalled = isSignalled || !process.IsLeftRunning;
        _output = new OutputReader(process.StandardOutput, isError: false, asBytes, outFile);
        _error = new OutputReader(process.StandardError, isError: true, asBytes: false, file: null);
        _input = new InputWriter(process);
    }

    /// <summary>The container; null for a command in namespaces.</summary>
    public ContainerSnapshot? Container => _process.Container;

    /// <summary>Whether a session can attach to the command again.</summary>
    public bool CanBeRejoined => _process.CanBeRejoined;

    /// <summary>Whether the command goes on when the session leaves.</summary>
    public bool IsLeftRunning => _process.IsLeftRunning;

    /// <summary>
    /// Passes the terminal's standard input on from now on. It is read only while the container runs and reads: what is typed at
    /// another time is the session's.
    /// </summary>
    /// <param name="console">The terminal, from now on the run's.</param>
    /// <param name="keys">The keys that detach.</param>
    public void AttachConsole(SessionConsole console, DetachKeys keys) => (_console, _keys) = (console, keys);

    /// <summary>Passes input on, and output that has come meanwhile.</summary>
    /// <param name="input">The bytes.</param>
    /// <param name="deliver">Told each piece of output.</param>
    public void Feed(ReadOnlySpan<byte> input, Action<OutputPiece> deliver)
    {
        while (input.Length > 0)
        {
            input = input[Exchange(input, deliver)..];
        }
    }

    /// <summary>Ends the input, passes on the rest of the output, and waits for the end.</summary>
    /// <param name="deliver">Told each piece of output.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    /// <returns>How it ended; null where the keys were typed that detach, and the command goes on.</returns>
    public ProcessEnd? WaitForExit(Action<OutputPiece> deliver, CancellationToken cancellation)
    {
        if (_console is { } console)
        {
            FeedFrom(console, deliver);
        }

        if (_isDetached)
        {
            Close();
            return null;
        }

        _input.Dispose();
        while (_output.IsOpen || _error.IsOpen)
        {
            _ = Exchange([], deliver);
        }

        ThrowIfInterrupted();
        var ended = _process.WaitForExit(cancellation);
        Close();
        return ended;
    }

    /// <summary>Ctrl-C: SIGINT to the container, unless it is not to be signalled, and nothing of its output passed on any more.</summary>
    public void Interrupt()
    {
        lock (_gate)
        {
            if (_interruptedAt != 0 || _over)
            {
                return;
            }

            _interruptedAt = Stopwatch.GetTimestamp();
            if (_isSignalled)
            {
                SendSignal(Interrupted);
            }

            _wakeUp.Set();
        }
    }

    /// <summary>
    /// Ends the container if it still runs: SIGINT, and SIGKILL a second later. Afterwards it is cleaned up. One that is to go on gets SIGINT where
    /// Ctrl-C was pressed and is to send it, and is else left as it is.
    /// </summary>
    public void End()
    {
        lock (_gate)
        {
            if (_over)
            {
                return;
            }
        }

        if (_process.IsLeftRunning && (_interruptedAt == 0 || !_isSignalled))
        {
            Close();
            return;
        }

        Interrupt();
        CloseStreams();
        try
        {
            if (!WaitUntilGraceIsOver() && !_process.IsLeftRunning)
            {
                SendSignal(Killed);
                using var patience = new CancellationTokenSource(s_patienceAfterKill);
                _process.WaitForExit(patience.Token);
            }
        }
        catch (Exception e) when (e is EngineException or OperationCanceledException)
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
            _process.WaitForExit(grace.Token);
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
            _process.Signal(signal);
        }
        catch (EngineException)
        {
            // It has ended by itself meanwhile.
        }
    }

    private void FeedFrom(SessionConsole console, Action<OutputPiece> deliver)
    {
        var isRedrawn = !_process.IsRejoined;
        while (_input.IsOpen && (_output.IsOpen || _error.IsOpen))
        {
            Span<PollEntry> entries = [_output.Entry, _error.Entry, WakeUpEntry, console.Entry, console.ResizeEntry];
            Wait(entries, deliver);
            if (entries[4].Returned != PollEvents.None && console.TakeResize() is { } size && _process.Terminal is { } terminal)
            {
                Resize(terminal, size, isRedrawn);
                isRedrawn = true;
            }

            if (entries[3].Returned != PollEvents.None)
            {
                var typed = console.Read();
                if (typed.Length == 0)
                {
                    return;
                }

                var passed = new List<byte>();
                _isDetached = _keys.Take(typed, passed);
                Feed(passed.ToArray(), deliver);
                if (_isDetached)
                {
                    return;
                }
            }
        }
    }

    /// <summary>A program that this session has come back to draws its screen anew only where the size changes, which it need not have meanwhile.</summary>
    private static void Resize(FileDescriptor terminal, TerminalSize size, bool isRedrawn)
    {
        if (!isRedrawn)
        {
            Terminals.SetSize(terminal, size with { Rows = (ushort)(size.Rows + 1) });
        }

        Terminals.SetSize(terminal, size);
    }

    /// <summary>Waits until something can be done, and does it.</summary>
    /// <returns>How many bytes of the input are done with.</returns>
    private int Exchange(ReadOnlySpan<byte> input, Action<OutputPiece> deliver)
    {
        if (input.Length > 0 && !_input.IsOpen)
        {
            return input.Length;
        }

        Span<PollEntry> entries = [_output.Entry, _error.Entry, WakeUpEntry, input.Length > 0 ? _input.Entry : new(-1, PollEvents.None)];
        Wait(entries, deliver);
        return entries[3].Returned != PollEvents.None ? _input.Write(input) : 0;
    }

    private PollEntry WakeUpEntry => new(_wakeUp.Number, PollEvents.Readable);

    /// <summary>Waits for the first of the entries, of which the first two are the outputs, and passes on what they have.</summary>
    private void Wait(Span<PollEntry> entries, Action<OutputPiece> deliver)
    {
        _ = Channels.Poll(entries, milliseconds: -1);
        ThrowIfInterrupted();
        if (entries[0].Returned != PollEvents.None)
        {
            _output.Read(_buffer, deliver);
        }

        if (entries[1].Returned != PollEvents.None)
        {
            _error.Read(_buffer, deliver);
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

        CloseStreams();
        _process.Dispose();
        _wakeUp.Dispose();
    }

    private void CloseStreams()
    {
        _output.Dispose();
        _error.Dispose();
        _input.Dispose();
        _console?.Dispose();
    }
}
