using System.Runtime.InteropServices;
using Containers.Interop;

namespace Containers.Foreground;

/// <summary>
/// The session's own terminal while a command has it. Line by line (-Interactive) it gets line editing and echo, which pwsh keeps off, as it does for native
/// commands. Raw (-Interactive -Tty) everything goes through as it is typed and shown, since the command's terminal does that work. It is given back as it was, also
/// where the session ends meanwhile.
/// </summary>
internal sealed class SessionConsole : IDisposable
{
    private const int ChunkSize = 4096;

    private readonly FileDescriptor _input = Duplicate(0);
    private readonly FileDescriptor _output = Duplicate(1);
    private readonly WakeUp _resized = new();
    private readonly Lock _gate = new();
    private readonly PosixSignalRegistration? _windowChange;
    private readonly TerminalMode? _before;

    /// <summary>Takes the terminal.</summary>
    /// <param name="isRaw">Whether raw instead of line by line.</param>
    public SessionConsole(bool isRaw)
    {
        if (TerminalMode.TryGet(_input, out var mode))
        {
            _before = mode;
            AppDomain.CurrentDomain.ProcessExit += GiveBack;
            (isRaw ? mode.Raw : mode.WithLineEditing).Apply(_input);
        }

        if (isRaw)
        {
            // The size may have changed since the command was given one.
            _resized.Set();
            _windowChange = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => WhileOpen(_resized.Set));
        }
    }

    /// <summary>Whether standard input and output are a terminal, as a raw one must be.</summary>
    public static bool IsTerminal
    {
        get
        {
            using FileDescriptor input = Duplicate(0), output = Duplicate(1);
            return TerminalMode.TryGet(input, out _) && TerminalMode.TryGet(output, out _);
        }
    }

    /// <summary>The terminal's size; null where there is none.</summary>
    public static TerminalSize? Size
    {
        get
        {
            using var output = Duplicate(1);
            return Terminals.TryGetSize(output, out var size) ? size : null;
        }
    }

    /// <summary>What to wait for before reading.</summary>
    public PollEntry Entry => new(_input.Number, PollEvents.Readable);

    /// <summary>What tells that the size has changed; <see cref="TakeResize"/> is to be called then.</summary>
    public PollEntry ResizeEntry => new(_resized.Number, PollEvents.Readable);

    /// <summary>Reads what is there, after <see cref="Entry"/> has come.</summary>
    /// <returns>The bytes; none at end-of-file, or where the terminal has gone.</returns>
    public byte[] Read()
    {
        var buffer = new byte[ChunkSize];
        try
        {
            return buffer[..Files.Read(_input, buffer, "standard input")];
        }
        catch (KernelException)
        {
            return [];
        }
    }

    /// <summary>Shows bytes as they are.</summary>
    /// <param name="bytes">The bytes.</param>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            Files.Write(_output, bytes, "standard output");
        }
        catch (KernelException e)
        {
            throw new IOException("The session's terminal takes no more output.", e);
        }
    }

    /// <summary>Waits for the next change of size from now on.</summary>
    /// <returns>The size now.</returns>
    public TerminalSize? TakeResize()
    {
        _resized.Reset();
        return Size;
    }

    /// <summary>Gives the terminal back as it was.</summary>
    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= GiveBack;
        _windowChange?.Dispose();
        WhileOpen(() =>
        {
            _before?.Apply(_input);
            _input.Dispose();
            _output.Dispose();
            _resized.Dispose();
        });
    }

    private void GiveBack(object? sender, EventArgs e) => WhileOpen(() => _before?.Apply(_input));

    /// <summary>Signals and the session's end come on other threads, also while the terminal is given back.</summary>
    private void WhileOpen(Action action)
    {
        lock (_gate)
        {
            if (!_input.IsClosed)
            {
                action();
            }
        }
    }

    private static FileDescriptor Duplicate(int number)
    {
        using var standard = new FileDescriptor(number);
        var duplicate = standard.Duplicate();
        standard.SetHandleAsInvalid();
        return duplicate;
    }
}
