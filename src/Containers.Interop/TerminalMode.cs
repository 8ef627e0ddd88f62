using System.Runtime.InteropServices;

namespace Containers.Interop;

/// <summary>How a terminal treats what is typed and shown (termios(3)).</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe partial struct TerminalMode
{
    private const uint CarriageReturnIsNewline = 0x100, Signals = 0x1, LineEditing = 0x2, Echo = 0x8, EchoErase = 0x10, EchoKill = 0x20, Extensions = 0x8000;
    private const uint ProcessOutput = 0x1, NewlineReturns = 0x4;

    // struct termios of glibc and musl: the flags, the line discipline with the characters, the speeds.
    private uint input, output, control, local;
    private fixed byte characters[36];
    private fixed uint speeds[2];

    /// <summary>This mode with what a program expects that reads lines: editing, echo, and Ctrl-C as a signal.</summary>
    public readonly TerminalMode WithLineEditing => this with
    {
        input = input | CarriageReturnIsNewline,
        output = output | ProcessOutput | NewlineReturns,
        local = local | Signals | LineEditing | Echo | EchoErase | EchoKill | Extensions,
    };

    /// <summary>This mode with nothing done to what passes (cfmakeraw(3)), for a terminal behind this one.</summary>
    public readonly TerminalMode Raw
    {
        get
        {
            TerminalMode raw = this;
            cfmakeraw(&raw);
            return raw;
        }
    }

    /// <summary>tcgetattr(3).</summary>
    /// <param name="descriptor">A descriptor.</param>
    /// <param name="mode">Its mode.</param>
    /// <returns>False where it is no terminal.</returns>
    public static bool TryGet(FileDescriptor descriptor, out TerminalMode mode)
    {
        fixed (TerminalMode* p = &mode)
        {
            return tcgetattr(descriptor.Number, p) == 0;
        }
    }

    /// <summary>tcsetattr(3), at once. A terminal that has gone is passed over.</summary>
    /// <param name="descriptor">The terminal.</param>
    public readonly void Apply(FileDescriptor descriptor)
    {
        fixed (TerminalMode* p = &this)
        {
            _ = tcsetattr(descriptor.Number, 0, p);
        }
    }

    [LibraryImport("libc")]
    private static partial void cfmakeraw(TerminalMode* mode);

    [LibraryImport("libc")]
    private static partial int tcgetattr(int descriptor, TerminalMode* mode);

    [LibraryImport("libc")]
    private static partial int tcsetattr(int descriptor, int when, TerminalMode* mode);
}
