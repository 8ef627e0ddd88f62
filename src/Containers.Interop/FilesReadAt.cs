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
        Errno errno;
        int count;
        do
        {
            errno = TryWrite(file, value, out count);
        }
        while (errno == Errno.EINTR);
        return errno == Errno.None && count < value.Length ? Errno.EIO : errno;
    }

    /// <summary>One write(2).</summary>
    /// <param name="file">A descriptor open for writing.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="count">How many of them were taken; 0 after an error.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryWrite(FileDescriptor file, ReadOnlySpan<byte> bytes, out int count)
    {
        fixed (byte* p = bytes)
        {
            nint written = (nint)LibC.write(file.Number, p, bytes.Length);
            count = (int)Math.Max(written, 0);
            return written < 0 ? Native.Errno : Errno.None;
        }
    }
}
