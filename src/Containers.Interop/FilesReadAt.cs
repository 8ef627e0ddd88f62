using Tmds.Linux;

namespace Containers.Interop;

public static unsafe partial class Files
{
    /// <summary>pread(2), tried again when a signal came between.</summary>
    /// <param name="file">Where from; the kernel's own files make their text anew for a read at offset 0.</param>
    /// <param name="buffer">Where to.</param>
    /// <param name="offset">Bytes from the beginning.</param>
    /// <param name="subject">What an error's message names.</param>
    /// <returns>The number of bytes; 0 at the end.</returns>
    /// <exception cref="KernelException">The call failed.</exception>
    public static int ReadAt(FileDescriptor file, Span<byte> buffer, long offset, string subject)
    {
        fixed (byte* p = buffer)
        {
            nint count;
            do
            {
                count = (nint)LibC.pread(file.Number, p, buffer.Length, offset);
            }
            while (count < 0 && LibC.errno == LibC.EINTR);
            return count >= 0 ? (int)count : throw Native.LastError("reading", subject);
        }
    }

    /// <summary>Writes a value to one of the kernel's files with one write(2), as they want it.</summary>
    /// <param name="file">A descriptor open for writing.</param>
    /// <param name="value">The value.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>; <see cref="Errno.EIO"/> where only a part was taken.</returns>
    public static Errno TryWriteOnce(FileDescriptor file, ReadOnlySpan<byte> value)
    {
        fixed (byte* p = value)
        {
            nint count;
            do
            {
                count = (nint)LibC.write(file.Number, p, value.Length);
            }
            while (count < 0 && LibC.errno == LibC.EINTR);
            return count < 0 ? Native.Errno : count == value.Length ? Errno.None : Errno.EIO;
        }
    }
}
