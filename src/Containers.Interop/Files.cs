using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;

namespace Containers.Interop;

/// <summary>Flags of openat2(2)'s <c>resolve</c> field.</summary>
[Flags]
public enum ResolveFlags : ulong
{
    /// <summary>No restriction.</summary>
    None = 0,

    /// <summary>RESOLVE_NO_XDEV: no mount point is crossed.</summary>
    NoXdev = 0x01,

    /// <summary>RESOLVE_NO_MAGICLINKS: /proc/PID/fd and its like are not followed.</summary>
    NoMagicLinks = 0x02,

    /// <summary>RESOLVE_NO_SYMLINKS: no symbolic link is followed in any component.</summary>
    NoSymlinks = 0x04,

    /// <summary>RESOLVE_BENEATH: leaving the starting folder is an error.</summary>
    Beneath = 0x08,

    /// <summary>RESOLVE_IN_ROOT: the starting folder is the root for <c>..</c>, absolute paths and links.</summary>
    InRoot = 0x10,
}

/// <summary>Opening and changing files relative to a folder's descriptor (openat(2), openat2(2) and their family).</summary>
public static unsafe partial class Files
{
    /// <summary>Stands for the current folder as a starting point; absolute paths ignore it.</summary>
    public const int CurrentFolder = -100;

    private const int OpenHowSize = 24;

    /// <summary>openat(2) with O_CLOEXEC.</summary>
    /// <param name="folder">The starting folder's descriptor, or <see cref="CurrentFolder"/>.</param>
    /// <param name="path">The path.</param>
    /// <param name="flags">O_* flags of <see cref="LibC"/>.</param>
    /// <param name="mode">Permission bits of a file that is created.</param>
    /// <returns>The descriptor.</returns>
    /// <exception cref="KernelException">The call failed.</exception>
    public static FileDescriptor Open(int folder, string path, int flags, int mode = 0) =>
        TryOpen(folder, path, flags, mode, out Errno errno) ?? throw new KernelException(errno, "opening", path);

    /// <summary>As <see cref="Open"/>, giving the error number instead of throwing.</summary>
    /// <param name="folder">The starting folder's descriptor, or <see cref="CurrentFolder"/>.</param>
    /// <param name="path">The path.</param>
    /// <param name="flags">O_* flags.</param>
    /// <param name="mode">Permission bits of a file that is created.</param>
    /// <param name="errno">The error number, or <see cref="Errno.None"/>.</param>
    /// <returns>The descriptor, or null.</returns>
    public static FileDescriptor? TryOpen(int folder, string path, int flags, int mode, out Errno errno)
    {
        fixed (byte* p = Native.Utf8Z(path))
        {
            int fd;
            do
            {
                fd = LibC.openat(folder, p, flags | LibC.O_CLOEXEC, (mode_t)(uint)mode);
            }
            while (fd < 0 && LibC.errno == LibC.EINTR);

            errno = fd < 0 ? Native.Errno : Errno.None;
            return fd < 0 ? null : new FileDescriptor(fd);
        }
    }

    /// <summary>openat2(2) with O_CLOEXEC: the one way to follow a path inside a root file system.</summary>
    /// <param name="folder">The descriptor the path starts at.</param>
    /// <param name="path">The path; with <see cref="ResolveFlags.InRoot"/> absolute ones start at <paramref name="folder"/> too.</param>
    /// <param name="flags">O_* flags.</param>
    /// <param name="mode">Permission bits of a file that is created; 0 unless O_CREAT or O_TMPFILE is given.</param>
    /// <param name="resolve">How the path may be resolved.</param>
    /// <param name="errno">The error number, or <see cref="Errno.None"/>.</param>
    /// <returns>The descriptor, or null.</returns>
    public static FileDescriptor? TryOpen2(int folder, string path, int flags, int mode, ResolveFlags resolve, out Errno errno)
    {
        fixed (byte* p = Native.Utf8Z(path))
        {
            ulong* how = stackalloc ulong[3];
            how[0] = (ulong)(uint)(flags | LibC.O_CLOEXEC);
            how[1] = (ulong)mode;
            how[2] = (ulong)resolve;
            int fd;
            do
            {
                // EAGAIN: a rename raced with the resolution; the man page says to try again.
                fd = (int)syscall4(SystemCall.Openat2, folder, (nint)p, (nint)how, OpenHowSize);
            }
            while (fd < 0 && Marshal.GetLastPInvokeError() is (int)Errno.EINTR or (int)Errno.EAGAIN);

            errno = fd < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
            return fd < 0 ? null : new FileDescriptor(fd);
        }
    }

    /// <summary>As <see cref="TryOpen2"/>, throwing.</summary>
    /// <param name="folder">The descriptor the path starts at.</param>
    /// <param name="path">The path.</param>
    /// <param name="flags">O_* flags.</param>
    /// <param name="mode">Permission bits of a file that is created.</param>
    /// <param name="resolve">How the path may be resolved.</param>
    /// <returns>The descriptor.</returns>
    /// <exception cref="KernelException">The call failed.</exception>
    public static FileDescriptor Open2(int folder, string path, int flags, int mode, ResolveFlags resolve) =>
        TryOpen2(folder, path, flags, mode, resolve, out Errno errno) ?? throw new KernelException(errno, "opening", path);

    /// <summary>mkdirat(2).</summary>
    /// <param name="folder">The starting folder's descriptor.</param>
    /// <param name="path">The new folder.</param>
    /// <param name="mode">Permission bits, less the umask.</param>
    /// <returns>False where something of that name was there already.</returns>
    /// <exception cref="KernelException">The call failed for another reason.</exception>
    public static bool MakeFolder(int folder, string path, int mode)
    {
        fixed (byte* p = Native.Utf8Z(path))
        {
            if (LibC.mkdirat(folder, p, (mode_t)(uint)mode) == 0)
            {
                return true;
            }
        }

        return Native.Errno == Errno.EEXIST ? false : throw Native.LastError("making the folder", path);
    }

    /// <summary>unlinkat(2).</summary>
    /// <param name="folder">The starting folder's descriptor.</param>
    /// <param name="path">The name to remove.</param>
    /// <param name="isFolder">Whether an empty folder is to be removed (AT_REMOVEDIR).</param>
    /// <returns>False where nothing of that name was there.</returns>
    /// <exception cref="KernelException">The call failed for another reason.</exception>
    public static bool Remove(int folder, string path, bool isFolder = false)
    {
        Errno errno = TryRemove(folder, path, isFolder);
        return errno switch
        {
            Errno.None => true,
            Errno.ENOENT => false,
            _ => throw new KernelException(errno, "removing", path),
        };
    }

    /// <summary>As <see cref="Remove"/>, giving the error number.</summary>
    /// <param name="folder">The starting folder's descriptor.</param>
    /// <param name="path">The name to remove.</param>
    /// <param name="isFolder">Whether an empty folder is to be removed.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryRemove(int folder, string path, bool isFolder)
    {
        fixed (byte* p = Native.Utf8Z(path))
        {
            return LibC.unlinkat(folder, p, isFolder ? LibC.AT_REMOVEDIR : 0) == 0 ? Errno.None : Native.Errno;
        }
    }

    /// <summary>renameat2(2).</summary>
    /// <param name="fromFolder">The old name's folder.</param>
    /// <param name="from">The old name.</param>
    /// <param name="toFolder">The new name's folder.</param>
    /// <param name="to">The new name; replaced if it is there.</param>
    /// <param name="noReplace">Whether an existing new name is an error (RENAME_NOREPLACE).</param>
    /// <exception cref="KernelException">The call failed.</exception>
    public static void Rename(int fromFolder, string from, int toFolder, string to, bool noReplace = false)
    {
        fixed (byte* f = Native.Utf8Z(from))
        fixed (byte* t = Native.Utf8Z(to))
        {
            if (syscall5(SystemCall.Renameat2, fromFolder, (nint)f, toFolder, (nint)t, noReplace ? 1 : 0) != 0)
            {
                throw new KernelException((Errno)Marshal.GetLastPInvokeError(), $"renaming '{from}' to", to);
            }
        }
    }

    /// <summary>symlinkat(2).</summary>
    /// <param name="target">What the link says.</param>
    /// <param name="folder">The starting folder's descriptor.</param>
    /// <param name="path">The link's name.</param>
    /// <exception cref="KernelException">The call failed.</exception>
    public static void MakeSymlink(string target, int folder, string path)
    {
        fixed (byte* t = Native.Utf8Z(target))
        fixed (byte* p = Native.Utf8Z(path))
        {
            _ = Native.Check(LibC.symlinkat(t, folder, p), "making the symbolic link", path);
        }
    }

    /// <summary>readlinkat(2).</summary>
    /// <param name="folder">The starting folder's descriptor.</param>
    /// <param name="path">A symbolic link.</param>
    /// <returns>What it says, at most 4,095 bytes; null where it is not there or no link.</returns>
    public static string? ReadLink(int folder, string path)
    {
        const int longest = 4096;
        byte* buffer = stackalloc byte[longest];
        fixed (byte* p = Native.Utf8Z(path))
        {
            int length = (int)LibC.readlinkat(folder, p, buffer, longest);
            return length < 0 || length == longest ? null : Encoding.UTF8.GetString(buffer, length);
        }
    }

    /// <summary>fstatat(2).</summary>
    /// <param name="folder">The starting folder's descriptor.</param>
    /// <param name="path">The path; empty for the descriptor itself.</param>
    /// <param name="follow">Whether a last symbolic link is followed.</param>
    /// <param name="status">What was found.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryStat(int folder, string path, bool follow, out FileStatus status)
    {
        fixed (byte* p = Native.Utf8Z(path))
        {
            stat buffer;
            int flags = (follow ? 0 : LibC.AT_SYMLINK_NOFOLLOW) | (path.Length == 0 ? LibC.AT_EMPTY_PATH : 0);
            int result = LibC.fstatat(folder, p, &buffer, flags);
            status = result == 0 ? FileStatus.From(buffer) : default;
            return result == 0 ? Errno.None : Native.Errno;
        }
    }

    /// <summary>Reads a whole small file, such as one of the kernel's.</summary>
    /// <param name="folder">The starting folder's descriptor.</param>
    /// <param name="path">The path.</param>
    /// <returns>Its text, or null where it is not there; where the process or cgroup that it tells of ends meanwhile, too.</returns>
    /// <exception cref="KernelException">The file is there but cannot be read.</exception>
    public static string? ReadText(int folder, string path)
    {
        using FileDescriptor? file = TryOpen(folder, path, LibC.O_RDONLY, 0, out Errno errno);
        if (file is null)
        {
            return errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ESRCH or Errno.ENODEV
                ? null : throw new KernelException(errno, "opening", path);
        }

        try
        {
            return ReadAll(file, path);
        }
        catch (KernelException e) when (e.Errno is Errno.ESRCH or Errno.ENODEV)
        {
            return null;
        }
    }

    private static string ReadAll(FileDescriptor file, string path)
    {
        byte[] buffer = new byte[4096];
        int length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }

            int count = Read(file, buffer.AsSpan(length), path);
            if (count == 0)
            {
                return Encoding.UTF8.GetString(buffer, 0, length);
            }

            length += count;
        }
    }

    /// <summary>Writes a kernel file with one write(2), as its files want it.</summary>
    /// <param name="folder">The starting folder's descriptor.</param>
    /// <param name="path">An existing file.</param>
    /// <param name="text">What to write.</param>
    /// <exception cref="KernelException">The file cannot be opened, or the kernel refused the value.</exception>
    public static void WriteText(int folder, string path, string text)
    {
        using FileDescriptor file = Open(folder, path, LibC.O_WRONLY);
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* p = bytes)
        {
            nint written = (nint)LibC.write(file.Number, p, bytes.Length);
            if (written != bytes.Length)
            {
                throw written < 0
                    ? Native.LastError($"writing '{text.TrimEnd()}' to", path)
                    : new KernelException(Errno.EIO, $"writing '{text.TrimEnd()}' whole to", path);
            }
        }
    }

    /// <summary>read(2), tried again when a signal came between.</summary>
    /// <param name="file">Where from.</param>
    /// <param name="buffer">Where to.</param>
    /// <param name="subject">What an error's message names.</param>
    /// <returns>The number of bytes; 0 at the end.</returns>
    /// <exception cref="KernelException">The call failed.</exception>
    public static int Read(FileDescriptor file, Span<byte> buffer, string subject)
    {
        fixed (byte* p = buffer)
        {
            nint count;
            do
            {
                count = (nint)LibC.read(file.Number, p, buffer.Length);
            }
            while (count < 0 && LibC.errno == LibC.EINTR);
            return count >= 0 ? (int)count : throw Native.LastError("reading", subject);
        }
    }

    /// <summary>Writes all bytes.</summary>
    /// <param name="file">Where to.</param>
    /// <param name="bytes">What.</param>
    /// <param name="subject">What an error's message names.</param>
    /// <exception cref="KernelException">The call failed, as on a full disk.</exception>
    public static void Write(FileDescriptor file, ReadOnlySpan<byte> bytes, string subject)
    {
        fixed (byte* p = bytes)
        {
            int done = 0;
            while (done < bytes.Length)
            {
                nint count = (nint)LibC.write(file.Number, p + done, bytes.Length - done);
                if (count < 0 && LibC.errno != LibC.EINTR)
                {
                    throw Native.LastError("writing", subject);
                }

                done += count > 0 ? (int)count : 0;
            }
        }
    }

    /// <summary>fsync(2).</summary>
    /// <param name="file">A file or folder.</param>
    /// <param name="subject">What an error's message names.</param>
    /// <exception cref="KernelException">The data did not reach the disk.</exception>
    public static void Sync(FileDescriptor file, string subject) =>
        Native.Check(LibC.fsync(file.Number), "syncing to disk", subject);

    /// <summary>flock(2) with LOCK_EX.</summary>
    /// <param name="file">Any descriptor of the file.</param>
    /// <param name="wait">Whether to wait for the present holder.</param>
    /// <param name="subject">What an error's message names.</param>
    /// <returns>False where another holds it and <paramref name="wait"/> is false.</returns>
    /// <exception cref="KernelException">The call failed.</exception>
    public static bool Lock(FileDescriptor file, bool wait, string subject)
    {
        const int exclusive = 2, nonBlocking = 4;
        while (flock(file.Number, exclusive | (wait ? 0 : nonBlocking)) != 0)
        {
            var errno = (Errno)Marshal.GetLastPInvokeError();
            if (errno == Errno.EAGAIN)
            {
                return false;
            }

            if (errno != Errno.EINTR)
            {
                throw new KernelException(errno, "locking", subject);
            }
        }

        return true;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(int fd, int operation);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall4(nint number, nint a, nint b, nint c, nint d);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall5(nint number, nint a, nint b, nint c, nint d, nint e);
}
