using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Containers.Interop;

/// <summary>posix_spawn(3): the one way a process is started. The C library's child runs no managed code.</summary>
public static unsafe partial class Spawn
{
    private const short SetSignalMask = 0x08, SetSignalDefaults = 0x04, SetSession = 0x80;

    // Larger than glibc's and musl's posix_spawn_file_actions_t and posix_spawnattr_t, and sigset_t.
    private const int FileActionsSize = 128, AttributesSize = 512, SignalSetSize = 128;

    /// <summary>Starts a program with all signals default and unblocked, an empty environment, and just the descriptors named.</summary>
    /// <param name="program">An open executable; run through /proc/self/fd.</param>
    /// <param name="arguments">argv, the first one included.</param>
    /// <param name="inherited">Descriptors that the program gets, each under its own number; all others are close-on-exec.</param>
    /// <returns>The child's pid. The caller waits for it.</returns>
    /// <exception cref="KernelException">The child could not be made, or the program not executed.</exception>
    public static int Start(FileDescriptor program, IReadOnlyList<string> arguments, ReadOnlySpan<int> inherited) =>
        Start(program, arguments, [], inherited, SetSignalMask | SetSignalDefaults);

    /// <summary>Starts a program in a session of its own, with /dev/null as its standard streams and no other descriptor, that outlives this process.</summary>
    /// <param name="program">An open executable.</param>
    /// <param name="arguments">argv, the first one included.</param>
    /// <param name="environment">NAME=VALUE texts.</param>
    /// <returns>The child's pid. Nobody needs to wait for it where this process ends soon.</returns>
    /// <exception cref="KernelException">The child could not be made, or the program not executed.</exception>
    public static int StartDetached(FileDescriptor program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment) =>
        Start(program, arguments, environment, [], SetSignalMask | SetSignalDefaults | SetSession, isQuiet: true);

    private static int Start(
        FileDescriptor program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, ReadOnlySpan<int> inherited, int flags, bool isQuiet = false)
    {
        byte* actions = stackalloc byte[FileActionsSize];
        byte* attributes = stackalloc byte[AttributesSize];
        byte* signals = stackalloc byte[SignalSetSize];
        Check(posix_spawn_file_actions_init(actions));
        Check(posix_spawnattr_init(attributes));
        try
        {
            foreach (int descriptor in inherited)
            {
                // Onto itself: the C library then only clears close-on-exec, in the child alone.
                Check(posix_spawn_file_actions_adddup2(actions, descriptor, descriptor));
            }

            fixed (byte* nothing = "/dev/null\0"u8)
            {
                for (int stream = 0; isQuiet && stream <= 2; stream++)
                {
                    // Not the session's: who reads a pipe of it would wait for the program's end.
                    Check(posix_spawn_file_actions_addopen(actions, stream, nothing, LibC.O_RDWR, 0));
                }
            }

            _ = sigfillset(signals);
            Check(posix_spawnattr_setsigdefault(attributes, signals));
            _ = sigemptyset(signals);
            Check(posix_spawnattr_setsigmask(attributes, signals));
            Check(posix_spawnattr_setflags(attributes, (short)flags));
            return Start($"/proc/self/fd/{program.Number}", actions, attributes, arguments, environment);
        }
        finally
        {
            _ = posix_spawn_file_actions_destroy(actions);
            _ = posix_spawnattr_destroy(attributes);
        }
    }

    /// <summary>Waits for a child's end and forgets it (waitpid(2)).</summary>
    /// <param name="pid">The child.</param>
    /// <returns>Its wait status; 0 where it is forgotten already.</returns>
    /// <exception cref="KernelException">The call failed.</exception>
    public static int Reap(int pid)
    {
        int status;
        while (waitpid(pid, &status, 0) < 0)
        {
            var errno = (Errno)Marshal.GetLastPInvokeError();
            if (errno == Errno.ECHILD)
            {
                // Where SIGCHLD is ignored, as a parent may have left it, the kernel forgets children by itself.
                return 0;
            }

            if (errno != Errno.EINTR)
            {
                throw new KernelException(errno, "waiting for process", pid.ToString());
            }
        }

        return status;
    }

    private static int Start(string path, byte* actions, byte* attributes, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        var pins = new List<GCHandle>(arguments.Count + environment.Count);
        byte** argv = stackalloc byte*[arguments.Count + 1];
        byte** envp = stackalloc byte*[environment.Count + 1];
        Pin(arguments, argv, pins);
        Pin(environment, envp, pins);
        try
        {
            fixed (byte* p = Native.Utf8Z(path))
            {
                int pid;
                int errno = posix_spawn(&pid, p, actions, attributes, argv, envp);
                return errno == 0 ? pid : throw new KernelException((Errno)errno, "starting the program", path);
            }
        }
        finally
        {
            foreach (GCHandle pin in pins)
            {
                pin.Free();
            }
        }
    }

    private static void Pin(IReadOnlyList<string> texts, byte** pointers, List<GCHandle> pins)
    {
        for (int i = 0; i < texts.Count; i++)
        {
            var pin = GCHandle.Alloc(Native.Utf8Z(texts[i]), GCHandleType.Pinned);
            pins.Add(pin);
            pointers[i] = (byte*)pin.AddrOfPinnedObject();
        }

        pointers[texts.Count] = null;
    }

    private static void Check(int errno)
    {
        if (errno != 0)
        {
            throw new KernelException((Errno)errno, "preparing", "posix_spawn");
        }
    }

    [LibraryImport("libc")]
    private static partial int posix_spawn(int* pid, byte* path, byte* actions, byte* attributes, byte** argv, byte** envp);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_addopen(byte* actions, int descriptor, byte* path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static partial int sigfillset(byte* signals);

    [LibraryImport("libc")]
    private static partial int sigemptyset(byte* signals);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, int* status, int options);
}
