using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Containers.Interop;

/// <summary>
/// Reads what a descriptor opened with O_PATH names: content, link text, extended attributes. What stands under the name meanwhile does not matter,
/// and a device or pipe is never opened.
/// </summary>
public static unsafe partial class FileInspection
{
    private const int LargestAttributeList = 65_536;

    /// <summary>Opens the same inode again, for reading (open(2) on /proc/self/fd).</summary>
    /// <param name="file">A regular file or a folder, opened with O_PATH.</param>
    /// <param name="flags">O_* flags of <see cref="LibC"/>.</param>
    /// <param name="errno">The error number, or <see cref="Errno.None"/>.</param>
    /// <returns>The descriptor, or null.</returns>
    public static FileDescriptor? TryReopen(FileDescriptor file, int flags, out Errno errno)
    {
        byte* p = stackalloc byte[ProcPath.Size];
        ProcPath.Write(p, file.Number);
        int fd;
        do
        {
            fd = open(p, flags | LibC.O_CLOEXEC, 0);
        }
        while (fd < 0 && Marshal.GetLastPInvokeError() == (int)Errno.EINTR);

        errno = fd < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
        return fd < 0 ? null : new FileDescriptor(fd);
    }

    /// <summary>readlinkat(2) with an empty path.</summary>
    /// <param name="link">A symbolic link, opened with O_PATH and O_NOFOLLOW.</param>
    /// <param name="text">What it says, at most 4,095 bytes.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryReadLink(FileDescriptor link, out byte[] text)
    {
        const int longest = FolderEntries.LongestPath + 1;
        byte* buffer = stackalloc byte[longest];
        byte empty = 0;
        nint length = readlinkat(link.Number, &empty, buffer, longest);
        text = length < 0 ? [] : new ReadOnlySpan<byte>(buffer, (int)length).ToArray();
        return length < 0 ? (Errno)Marshal.GetLastPInvokeError() : length == longest ? Errno.ENAMETOOLONG : Errno.None;
    }

    /// <summary>listxattr(2) on what a descriptor names, O_PATH or not; of a symbolic link too.</summary>
    /// <param name="file">The file.</param>
    /// <param name="names">The attributes' names with their namespaces, each ended by a NUL; empty where the file system has none.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryListAttributes(FileDescriptor file, out byte[] names)
    {
        byte* p = stackalloc byte[ProcPath.Size];
        ProcPath.Write(p, file.Number);
        names = [];
        nint length = listxattr(p, null, 0);
        if (length > 0)
        {
            byte[] buffer = new byte[LargestAttributeList];
            fixed (byte* b = buffer)
            {
                length = listxattr(p, b, buffer.Length);
            }

            names = length > 0 ? buffer[..(int)length] : [];
        }

        Errno errno = length < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
        return errno == Errno.EOPNOTSUPP ? Errno.None : errno;
    }

    /// <summary>getxattr(2) on what a descriptor names, O_PATH or not.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">The attribute's name with its namespace, at most 255 bytes.</param>
    /// <param name="value">Its value.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>; <see cref="Errno.ENODATA"/> where it is not there (any more).</returns>
    public static Errno TryGetAttribute(FileDescriptor file, ReadOnlySpan<byte> name, out byte[] value)
    {
        value = [];
        if (name.Length > 255)
        {
            return Errno.ERANGE;
        }

        byte* n = stackalloc byte[256];
        name.CopyTo(new Span<byte>(n, 255));
        n[name.Length] = 0;
        byte* p = stackalloc byte[ProcPath.Size];
        ProcPath.Write(p, file.Number);
        const int usual = 1024, largest = 65_536;
        byte* small = stackalloc byte[usual];
        nint length = getxattr(p, n, small, usual);
        if (length >= 0)
        {
            value = new ReadOnlySpan<byte>(small, (int)length).ToArray();
            return Errno.None;
        }

        if (Marshal.GetLastPInvokeError() == (int)Errno.ERANGE)
        {
            byte[] buffer = new byte[largest];
            fixed (byte* b = buffer)
            {
                length = getxattr(p, n, b, largest);
            }

            value = length > 0 ? buffer[..(int)length] : [];
        }

        return length < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
    }

    /// <summary>lseek(2) with SEEK_DATA or SEEK_HOLE.</summary>
    /// <param name="file">The file, not opened with O_PATH.</param>
    /// <param name="offset">Where to begin.</param>
    /// <param name="isHole">Whether the next hole is wanted, and not the next data. A hole is at the end at the latest.</param>
    /// <param name="found">Its place.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>; <see cref="Errno.ENXIO"/> where no data follow.</returns>
    public static Errno TrySeek(FileDescriptor file, long offset, bool isHole, out long found)
    {
        const int data = 3, hole = 4;
        found = lseek64(file.Number, offset, isHole ? hole : data);
        return found < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
    }

    /// <summary>What stat(2) tells of an open file.</summary>
    /// <param name="file">The file; O_PATH is enough.</param>
    /// <returns>The status.</returns>
    /// <exception cref="KernelException">The call failed.</exception>
    public static FileStatus StatusOf(FileDescriptor file)
    {
        Errno errno = FolderEntries.TryStat(file.Number, default, out FileStatus status);
        return errno == Errno.None ? status : throw new KernelException(errno, "reading the attributes of", "a file");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte* path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek64(int file, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint readlinkat(int folder, byte* path, byte* buffer, nint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint listxattr(byte* path, byte* names, nint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint getxattr(byte* path, byte* name, byte* value, nint size);
}
