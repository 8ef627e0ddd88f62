using Containers.Interop;

namespace Containers.Foreground;

/// <summary>
/// The session's own standard input while a container has it (-Interactive). A terminal, which pwsh keeps without line editing and echo, gets them for
/// that time, as it does for native commands.
/// </summary>
internal sealed class ConsoleInput : IDisposable
{
    private const int ChunkSize = 4096;

    private readonly FileDescriptor _descriptor;
    private readonly TerminalMode? _before;

    public ConsoleInput()
    {
        using (var standardInput = new FileDescriptor(0))
        {
            _descriptor = standardInput.Duplicate();
            standardInput.SetHandleAsInvalid();
        }

        if (TerminalMode.TryGet(_descriptor, out var mode))
        {
            _before = mode;
            mode.WithLineEditing.Apply(_descriptor);
        }
    }

    /// <summary>What to wait for.</summary>
    public PollEntry Entry => new(_descriptor.Number, PollEvents.Readable);

    /// <summary>Reads what is there, after <see cref="Entry"/> has come.</summary>
    /// <returns>The bytes; none at end-of-file, or where the terminal has gone.</returns>
    public byte[] Read()
    {
        var buffer = new byte[ChunkSize];
        try
        {
            return buffer[..Files.Read(_descriptor, buffer, "standard input")];
        }
        catch (KernelException)
        {
            return [];
        }
    }

    /// <summary>Gives the terminal back as it was.</summary>
    public void Dispose()
    {
        if (!_descriptor.IsClosed)
        {
            _before?.Apply(_descriptor);
            _descriptor.Dispose();
        }
    }
}
