using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Containers.Interop;

/// <summary>Waits until a file in a folder is made, renamed into it or written to (inotify(7)).</summary>
public sealed unsafe partial class FolderWatch : IDisposable
{
    private const int InModify = 0x2;
    private const int InMovedTo = 0x80;
    private const int InCreate = 0x100;
    private const int InOnlyFolder = 0x1000000;
    private const short PollIn = 1;

    private readonly FileDescriptor queue;

    private FolderWatch(FileDescriptor queue) => this.queue = queue;

    /// <summary>The descriptor to wait on together with others; once it was readable, <see cref="Clear"/> makes ready for the next change.</summary>
    public int Number => queue.Number;

    /// <summary>Starts to watch.</summary>
    /// <param name="folder">The folder's descriptor.</param>
    /// <param name="errno">
    /// The error number, or <see cref="Errno.None"/>. <see cref="Errno.EMFILE"/> and <see cref="Errno.ENOSPC"/> are the user's bounds
    /// fs.inotify.max_user_instances (128 by default) and max_user_watches: ordinary on a busy machine, so a caller needs another way to wait.
    /// </param>
    /// <returns>The watch, or null.</returns>
    public static FolderWatch? TryOpen(FileDescriptor folder, out Errno errno)
    {
        int number = inotify_init1(LibC.O_CLOEXEC | LibC.O_NONBLOCK);
        if (number < 0)
        {
            errno = (Errno)Marshal.GetLastPInvokeError();
            return null;
        }

        var watch = new FolderWatch(new FileDescriptor(number));
        errno = watch.TryAdd(folder);
        if (errno == Errno.None)
        {
            return watch;
        }

        watch.Dispose();
        return null;
    }

    /// <summary>Watches another folder too.</summary>
    /// <param name="folder">The folder's descriptor.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>; as for <see cref="TryOpen"/>.</returns>
    public Errno TryAdd(FileDescriptor folder)
    {
        fixed (byte* path = Native.Utf8Z($"/proc/self/fd/{folder.Number}"))
        {
            return inotify_add_watch(queue.Number, path, InModify | InMovedTo | InCreate | InOnlyFolder) < 0
                ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
        }
    }

    /// <summary>Waits for a change since the last call that returned true, or since the watch was opened.</summary>
    /// <param name="timeout">How long at most.</param>
    /// <returns>Whether there was one; false also where a signal came between.</returns>
    public bool Wait(TimeSpan timeout)
    {
        var entry = new PollEntry { Descriptor = queue.Number, Events = PollIn };
        if (poll(&entry, 1, (int)timeout.TotalMilliseconds) <= 0)
        {
            return false;
        }

        Clear();
        return true;
    }

    /// <summary>Forgets the changes so far: what happened is looked up afresh by the caller.</summary>
    public void Clear()
    {
        byte* events = stackalloc byte[4096];
        while ((nint)LibC.read(queue.Number, events, 4096) > 0)
        {
        }
    }

    /// <inheritdoc/>
    public void Dispose() => queue.Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_init1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_add_watch(int queue, byte* path, uint mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollEntry* entries, nuint count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
