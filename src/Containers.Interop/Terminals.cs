using Tmds.Linux;

namespace Containers.Interop;

/// <summary>How much a terminal shows.</summary>
/// <param name="Rows">Lines; 0 where it is not known.</param>
/// <param name="Columns">Characters in a line; 0 where it is not known.</param>
public readonly record struct TerminalSize(ushort Rows, ushort Columns);

/// <summary>The size of terminals (ioctl_tty(2)).</summary>
public static unsafe class Terminals
{
    /// <summary>TIOCGWINSZ.</summary>
    /// <param name="terminal">A terminal.</param>
    /// <param name="size">Its size.</param>
    /// <returns>False where it is no terminal.</returns>
    public static bool TryGetSize(FileDescriptor terminal, out TerminalSize size)
    {
        winsize found = default;
        bool isTerminal = LibC.ioctl(terminal.Number, LibC.TIOCGWINSZ, &found) == 0;
        size = new TerminalSize(found.ws_row, found.ws_col);
        return isTerminal;
    }

    /// <summary>TIOCSWINSZ: the foreground processes get SIGWINCH where it changes. A terminal that has gone is passed over.</summary>
    /// <param name="terminal">A terminal, either end.</param>
    /// <param name="size">Its new size.</param>
    public static void SetSize(FileDescriptor terminal, TerminalSize size)
    {
        winsize wanted = new() { ws_row = size.Rows, ws_col = size.Columns };
        _ = LibC.ioctl(terminal.Number, LibC.TIOCSWINSZ, &wanted);
    }
}
