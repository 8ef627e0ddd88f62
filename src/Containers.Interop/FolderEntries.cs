using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Containers.Interop;

/// <summary>
/// Calls on the entries of an open folder whose names are bytes, as the kernel has them: a name from an archive or a directory need not
/// be valid UTF-8. None of them follows a symbolic link in the last component.
/// </summary>
public static unsafe partial class FolderEntries
{
    /// <summary>PATH_MAX less the closing NUL: the longest path a call accepts, in bytes.</summary>
    public const int LongestPath = 4095;

    private const int OpenHowSize = 24;

    // O_TMPFILE is not in Tmds.LibC; it includes O_DIRECTORY, whose number differs by architecture.
    private static readonly int NamelessFile = 0x400000 | LibC.O_DIRECTORY;

    /// <summary>openat(2) with O_NOFOLLOW and O_CLOEXEC.</summary>
    /// <param name="folder">The folder's descriptor.</param>
    /// <param name="name">The entry.</param>
    /// <param name="flags">O_* flags of <see cref="LibC"/>.</param>
    /// <param name="mode">Permission bits of a file that is created.</param>
    /// <param name="errno">The error number, or <see cref="Errno.None"/>.</param>
    /// <returns>The descriptor, or null.</returns>
    public static FileDescriptor? TryOpen(int folder, ReadOnlySpan<byte> name, int flags, int mode, out Errno errno)
    {
        byte* p = stackalloc byte[Room(name)];
        Terminate(name, p);
        int fd;
        do
        {
            fd = openat(folder, p, flags | LibC.O_NOFOLLOW | LibC.O_CLOEXEC, mode);
        }
        while (fd < 0 && Marshal.GetLastPInvokeError() == (int)Errno.EINTR);

        errno = fd < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
        return fd < 0 ? null : new FileDescriptor(fd);
    }

    /// <summary>Makes a file without a name (O_TMPFILE): it goes with its last descriptor, unless it is linked.</summary>
    /// <param name="folder">The descriptor of the folder on whose file system it is.</param>
    /// <param name="access">O_WRONLY or O_RDWR.</param>
    /// <param name="subject">What an error's message names.</param>
    /// <returns>The file, mode 600; null where the file system cannot make one (overlay before Linux 6.1, NFS).</returns>
    /// <exception cref="KernelException">It failed for another reason.</exception>
    public static FileDescriptor? TryMakeNameless(int folder, int access, string subject)
    {
        FileDescriptor? file = TryOpen(folder, "."u8, access | NamelessFile, 0x180, out Errno errno);
        return file is not null || errno is Errno.EOPNOTSUPP or Errno.EISDIR or Errno.ENOENT ? file : throw new KernelException(errno, "writing", subject);
    }

    /// <summary>openat2(2) with O_CLOEXEC: for paths of several components.</summary>
    /// <param name="folder">The descriptor the path starts at.</param>
    /// <param name="path">The path, at most <see cref="LongestPath"/> bytes.</param>
    /// <param name="flags">O_* flags; nothing is created.</param>
    /// <param name="resolve">How the path may be resolved.</param>
    /// <param name="errno">The error number, or <see cref="Errno.None"/>.</param>
    /// <returns>The descriptor, or null.</returns>
    public static FileDescriptor? TryOpen2(int folder, ReadOnlySpan<byte> path, int flags, ResolveFlags resolve, out Errno errno)
    {
        byte* p = stackalloc byte[Room(path)];
        Terminate(path, p);
        ulong* how = stackalloc ulong[3];
        how[0] = (ulong)(uint)(flags | LibC.O_CLOEXEC);
        how[1] = 0;
        how[2] = (ulong)resolve;
        int fd;
        do
        {
            // EAGAIN: a rename somewhere on the machine raced with a `..` of the resolution; the man page says to try again.
            fd = (int)syscall4(SystemCall.Openat2, folder, (nint)p, (nint)how, OpenHowSize);
        }
        while (fd < 0 && Marshal.GetLastPInvokeError() is (int)Errno.EINTR or (int)Errno.EAGAIN);

        errno = fd < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
        return fd < 0 ? null : new FileDescriptor(fd);
    }

    /// <summary>mkdirat(2).</summary>
    /// <param name="folder">The folder's descriptor.</param>
    /// <param name="name">The new folder.</param>
    /// <param name="mode">Permission bits, less the umask.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryMakeFolder(int folder, ReadOnlySpan<byte> name, int mode)
    {
        byte* p = stackalloc byte[Room(name)];
        Terminate(name, p);
        return Result(mkdirat(folder, p, (uint)mode));
    }

    /// <summary>mknodat(2) for device nodes and named pipes.</summary>
    /// <param name="folder">The folder's descriptor.</param>
    /// <param name="name">The new node.</param>
    /// <param name="kind">Character device, block device or pipe.</param>
    /// <param name="mode">Permission bits, less the umask.</param>
    /// <param name="major">A device's major number, at most 4095.</param>
    /// <param name="minor">A device's minor number, at most 1048575.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryMakeNode(int folder, ReadOnlySpan<byte> name, FileKind kind, int mode, uint major, uint minor)
    {
        byte* p = stackalloc byte[Room(name)];
        Terminate(name, p);
        ulong device = (minor & 0xffUL) | ((major & 0xfffUL) << 8) | ((minor & ~0xffUL) << 12) | ((major & ~0xfffUL) << 32);
        return Result(mknodat(folder, p, ((uint)kind << 12) | (uint)mode, device));
    }

    /// <summary>symlinkat(2).</summary>
    /// <param name="target">What the link says.</param>
    /// <param name="folder">The folder's descriptor.</param>
    /// <param name="name">The link's name.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryMakeSymlink(ReadOnlySpan<byte> target, int folder, ReadOnlySpan<byte> name)
    {
        byte* t = stackalloc byte[Room(target)];
        Terminate(target, t);
        byte* p = stackalloc byte[Room(name)];
        Terminate(name, p);
        return Result(symlinkat(t, folder, p));
    }

    /// <summary>linkat(2) without AT_SYMLINK_FOLLOW: a link to a symbolic link is one to the link itself.</summary>
    /// <param name="targetFolder">The present name's folder.</param>
    /// <param name="target">The present name.</param>
    /// <param name="folder">The new name's folder.</param>
    /// <param name="name">The new name.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryLink(int targetFolder, ReadOnlySpan<byte> target, int folder, ReadOnlySpan<byte> name)
    {
        byte* t = stackalloc byte[Room(target)];
        Terminate(target, t);
        byte* p = stackalloc byte[Room(name)];
        Terminate(name, p);
        return Result(linkat(targetFolder, t, folder, p, 0));
    }

    /// <summary>Gives an open nameless file (O_TMPFILE) a name.</summary>
    /// <param name="file">The file.</param>
    /// <param name="folder">The new name's folder.</param>
    /// <param name="name">The new name.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryLink(FileDescriptor file, int folder, ReadOnlySpan<byte> name)
    {
        byte* t = stackalloc byte[ProcPath.Size];
        ProcPath.Write(t, file.Number);
        byte* p = stackalloc byte[Room(name)];
        Terminate(name, p);
        return Result(linkat(Files.CurrentFolder, t, folder, p, LibC.AT_SYMLINK_FOLLOW));
    }

    /// <summary>unlinkat(2).</summary>
    /// <param name="folder">The folder's descriptor.</param>
    /// <param name="name">The entry to remove.</param>
    /// <param name="isFolder">Whether an empty folder is to be removed (AT_REMOVEDIR).</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryRemove(int folder, ReadOnlySpan<byte> name, bool isFolder)
    {
        byte* p = stackalloc byte[Room(name)];
        Terminate(name, p);
        return Result(unlinkat(folder, p, isFolder ? LibC.AT_REMOVEDIR : 0));
    }

    /// <summary>renameat2(2) with RENAME_NOREPLACE.</summary>
    /// <param name="fromFolder">The old name's folder.</param>
    /// <param name="from">The old name.</param>
    /// <param name="toFolder">The new name's folder.</param>
    /// <param name="to">The new name.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryMove(int fromFolder, ReadOnlySpan<byte> from, int toFolder, ReadOnlySpan<byte> to)
    {
        byte* f = stackalloc byte[Room(from)];
        Terminate(from, f);
        byte* t = stackalloc byte[Room(to)];
        Terminate(to, t);
        return Result((int)syscall5(SystemCall.Renameat2, fromFolder, (nint)f, toFolder, (nint)t, 1));
    }

    /// <summary>renameat2(2) within a folder, replacing what has the new name.</summary>
    /// <param name="folder">The folder's descriptor.</param>
    /// <param name="from">The old name.</param>
    /// <param name="to">The new name.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryReplace(int folder, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        byte* f = stackalloc byte[Room(from)];
        Terminate(from, f);
        byte* t = stackalloc byte[Room(to)];
        Terminate(to, t);
        return Result((int)syscall5(SystemCall.Renameat2, folder, (nint)f, folder, (nint)t, 0));
    }

    /// <summary>fstatat(2) with AT_SYMLINK_NOFOLLOW.</summary>
    /// <param name="folder">The folder's descriptor.</param>
    /// <param name="name">The entry; empty for the descriptor itself.</param>
    /// <param name="status">What was found.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryStat(int folder, ReadOnlySpan<byte> name, out FileStatus status)
    {
        byte* p = stackalloc byte[Room(name)];
        Terminate(name, p);
        stat buffer;
        int flags = LibC.AT_SYMLINK_NOFOLLOW | (name.IsEmpty ? LibC.AT_EMPTY_PATH : 0);
        int result = LibC.fstatat(folder, p, &buffer, flags);
        status = result == 0 ? FileStatus.From(buffer) : default;
        return result == 0 ? Errno.None : Native.Errno;
    }

    /// <summary>fchownat(2) with AT_SYMLINK_NOFOLLOW. Clears setuid, setgid and file capabilities.</summary>
    /// <param name="folder">The folder's descriptor.</param>
    /// <param name="name">The entry.</param>
    /// <param name="uid">The owner.</param>
    /// <param name="gid">The group.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryChown(int folder, ReadOnlySpan<byte> name, uint uid, uint gid)
    {
        byte* p = stackalloc byte[Room(name)];
        Terminate(name, p);
        return Result(fchownat(folder, p, uid, gid, LibC.AT_SYMLINK_NOFOLLOW));
    }

    /// <summary>utimensat(2) with AT_SYMLINK_NOFOLLOW.</summary>
    /// <param name="folder">The folder's descriptor.</param>
    /// <param name="name">The entry.</param>
    /// <param name="times">The times.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TrySetTimes(int folder, ReadOnlySpan<byte> name, in FileTimes times)
    {
        byte* p = stackalloc byte[Room(name)];
        Terminate(name, p);
        long* pair = stackalloc long[4];
        times.Write(pair);
        return Result(utimensat(folder, p, pair, LibC.AT_SYMLINK_NOFOLLOW));
    }

    private static int Room(ReadOnlySpan<byte> name) => name.Length <= LongestPath
        ? name.Length + 1
        : throw new KernelException(Errno.ENAMETOOLONG, "using a path", $"{name.Length} bytes long");

    private static void Terminate(ReadOnlySpan<byte> name, byte* buffer)
    {
        if (name.Contains((byte)0))
        {
            throw new KernelException(Errno.EINVAL, "using a name with a NUL byte", System.Text.Encoding.UTF8.GetString(name).Replace("\0", "\\0", StringComparison.Ordinal));
        }

        name.CopyTo(new Span<byte>(buffer, name.Length));
        buffer[name.Length] = 0;
    }

    private static Errno Result(int result) => result == 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int openat(int folder, byte* path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mkdirat(int folder, byte* path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mknodat(int folder, byte* path, uint mode, ulong device);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int symlinkat(byte* target, int folder, byte* path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int linkat(int fromFolder, byte* from, int toFolder, byte* to, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlinkat(int folder, byte* path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchownat(int folder, byte* path, uint uid, uint gid, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int utimensat(int folder, byte* path, long* times, int flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall4(nint number, nint a, nint b, nint c, nint d);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall5(nint number, nint a, nint b, nint c, nint d, nint e);
}
