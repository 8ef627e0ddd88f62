using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Containers.Interop;

/// <summary>Content, attributes and durability of one open file or folder.</summary>
public static unsafe partial class FileContent
{
    private const int Fchmodat2 = 452;

    /// <summary>pwrite(2) of all bytes.</summary>
    /// <param name="file">Where to.</param>
    /// <param name="bytes">What.</param>
    /// <param name="offset">The place of the first byte.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryWriteAt(FileDescriptor file, ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* p = bytes)
        {
            int done = 0;
            while (done < bytes.Length)
            {
                nint count = pwrite64(file.Number, p + done, bytes.Length - done, offset + done);
                if (count < 0 && Marshal.GetLastPInvokeError() != (int)Errno.EINTR)
                {
                    return (Errno)Marshal.GetLastPInvokeError();
                }

                done += count > 0 ? (int)count : 0;
            }
        }

        return Errno.None;
    }

    /// <summary>ftruncate(2): sets a file's length, leaving a hole where it grows.</summary>
    /// <param name="file">The file.</param>
    /// <param name="length">Bytes.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TrySetLength(FileDescriptor file, long length) => Result(ftruncate64(file.Number, length));

    /// <summary>fchown(2). Clears setuid, setgid and file capabilities.</summary>
    /// <param name="file">A file or folder that was opened without O_PATH.</param>
    /// <param name="uid">The owner.</param>
    /// <param name="gid">The group.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryChown(FileDescriptor file, uint uid, uint gid) => Result(fchown(file.Number, uid, gid));

    /// <summary>fchmod(2).</summary>
    /// <param name="file">A file or folder that was opened without O_PATH.</param>
    /// <param name="mode">Permission bits with setuid, setgid and sticky.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryChmod(FileDescriptor file, int mode) => Result(fchmod(file.Number, (uint)mode));

    /// <summary>Changes the mode of what an O_PATH descriptor names: a device node or a pipe must not be opened for that.</summary>
    /// <param name="file">A descriptor opened with O_PATH, not of a symbolic link.</param>
    /// <param name="mode">Permission bits with setuid, setgid and sticky.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryChmodPath(FileDescriptor file, int mode)
    {
        byte* p = stackalloc byte[ProcPath.Size];
        *p = 0;

        // fchmodat2(2) is there since Linux 6.6; before, /proc is the only way to an O_PATH descriptor's inode.
        Errno errno = Result((int)syscall4(Fchmodat2, file.Number, (nint)p, mode, LibC.AT_EMPTY_PATH));
        if (errno is not (Errno.ENOSYS or Errno.EPERM))
        {
            return errno;
        }

        ProcPath.Write(p, file.Number);
        return Result(chmod(p, (uint)mode));
    }

    /// <summary>futimens(3).</summary>
    /// <param name="file">A file or folder that was opened without O_PATH.</param>
    /// <param name="times">The times.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TrySetTimes(FileDescriptor file, in FileTimes times)
    {
        long* pair = stackalloc long[4];
        times.Write(pair);
        return Result(futimens(file.Number, pair));
    }

    /// <summary>setxattr(2) on the file that a descriptor names, O_PATH or not; of a symbolic link too.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">The attribute's name with its namespace, as <c>security.capability</c>, at most 255 bytes.</param>
    /// <param name="value">Its value, at most 65,536 bytes.</param>
    /// <param name="isNew">Whether one that is there is left as it is, with <see cref="Errno.EEXIST"/>.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TrySetAttribute(FileDescriptor file, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool isNew = false)
    {
        if (name.Length > 255)
        {
            return Errno.ERANGE;
        }

        byte* n = stackalloc byte[256];
        name.CopyTo(new Span<byte>(n, 255));
        n[name.Length] = 0;
        byte* p = stackalloc byte[ProcPath.Size];
        ProcPath.Write(p, file.Number);
        fixed (byte* v = value)
        {
            return Result(setxattr(p, n, v, value.Length, isNew ? 1 : 0));
        }
    }

    /// <summary>getxattr(2) on the file that a descriptor names, O_PATH or not.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">The attribute's name with its namespace.</param>
    /// <returns>Its value, or null where it is not there or the file system has none.</returns>
    public static byte[]? GetAttribute(FileDescriptor file, string name)
    {
        byte* p = stackalloc byte[ProcPath.Size];
        ProcPath.Write(p, file.Number);
        byte[] value = new byte[65536];
        fixed (byte* n = Native.Utf8Z(name))
        fixed (byte* v = value)
        {
            nint length = getxattr(p, n, v, value.Length);
            return length >= 0 ? value[..(int)length] : null;
        }
    }

    /// <summary>syncfs(2): everything written to the file system that a descriptor lies on.</summary>
    /// <param name="file">Any file or folder there.</param>
    /// <param name="subject">What an error's message names.</param>
    /// <exception cref="KernelException">Not everything reached the disk.</exception>
    public static void SyncFileSystem(FileDescriptor file, string subject)
    {
        if (syncfs(file.Number) != 0)
        {
            throw new KernelException((Errno)Marshal.GetLastPInvokeError(), "syncing the file system of", subject);
        }
    }

    private static Errno Result(int result) => result == 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite64(int fd, byte* bytes, nint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate64(int fd, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchown(int fd, uint uid, uint gid);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchmod(int fd, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int chmod(byte* path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int futimens(int fd, long* times);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setxattr(byte* path, byte* name, byte* value, nint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint getxattr(byte* path, byte* name, byte* value, nint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syncfs(int fd);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall4(nint number, nint a, nint b, nint c, nint d);
}
