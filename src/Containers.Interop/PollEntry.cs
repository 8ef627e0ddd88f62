using System.Runtime.InteropServices;

namespace Containers.Interop;

/// <summary>The events of poll(2).</summary>
[Flags]
public enum PollEvents : short
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>POLLIN.</summary>
    Readable = 1,

    /// <summary>POLLOUT.</summary>
    Writable = 4,

    /// <summary>POLLERR: of a pipe's writing end, that nobody reads any more. Comes unasked.</summary>
    Error = 8,

    /// <summary>POLLHUP: the other end is gone. Comes unasked.</summary>
    HangUp = 16,

    /// <summary>POLLNVAL: the descriptor is not open. Comes unasked.</summary>
    Invalid = 32,
}

/// <summary>struct pollfd.</summary>
/// <param name="Descriptor">The descriptor's number; negative to be passed over.</param>
/// <param name="Events">What is waited for.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct PollEntry(int Descriptor, PollEvents Events)
{
    /// <summary>What has come.</summary>
    public PollEvents Returned { get; }
}
