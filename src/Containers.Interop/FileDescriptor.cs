using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace Containers.Interop;

/// <summary>An open file descriptor, closed when disposed. Always close-on-exec unless a caller says otherwise.</summary>
public sealed class FileDescriptor : SafeHandle
{
    /// <summary>Takes ownership of <paramref name="number"/>.</summary>
    /// <param name="number">An open descriptor.</param>
    public FileDescriptor(int number)
        : base(-1, ownsHandle: true) => SetHandle(number);

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <summary>The descriptor's number, valid as long as this object is.</summary>
    public int Number
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return (int)handle;
        }
    }

    /// <summary>A second descriptor for the same open file description (fcntl F_DUPFD_CLOEXEC).</summary>
    /// <returns>A descriptor of its own.</returns>
    public FileDescriptor Duplicate()
    {
        int copy = LibC.fcntl(Number, LibC.F_DUPFD_CLOEXEC, 3);
        return copy >= 0 ? new FileDescriptor(copy) : throw Native.LastError("duplicating descriptor", Number.ToString());
    }

    /// <summary>Hands the descriptor over to a stream that closes it.</summary>
    /// <param name="access">What the stream is for.</param>
    /// <returns>An unbuffered stream.</returns>
    public FileStream IntoStream(FileAccess access)
    {
        var owned = new SafeFileHandle(Number, ownsHandle: true);
        SetHandleAsInvalid();
        return new FileStream(owned, access, bufferSize: 0);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibC.close((int)handle) == 0;
}
