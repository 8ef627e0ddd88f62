using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Containers.Interop;

/// <summary>Mounts that are nowhere in the tree of any mount namespace: only their descriptor leads to them, and with it they go (fsmount(2), open_tree(2)).</summary>
public static unsafe partial class DetachedMounts
{
    private const nint Clone = 1, FromDescriptor = 4, ToDescriptor = 64;

    /// <summary>A second mount of a folder of this process's mount namespace, without what is mounted in it.</summary>
    /// <param name="path">The folder's path.</param>
    /// <returns>Its root.</returns>
    /// <exception cref="KernelException">It cannot be made.</exception>
    public static FileDescriptor OfFolder(string path)
    {
        fixed (byte* name = Native.Utf8Z(path))
        {
            nint mount = syscall3(SystemCall.OpenTree, Files.CurrentFolder, (nint)name, Clone | LibC.O_CLOEXEC);
            return mount >= 0 ? new FileDescriptor((int)mount) : throw new KernelException((Errno)Marshal.GetLastPInvokeError(), "mounting", path);
        }
    }

    /// <summary>Gives a mount a place in this process's mount namespace. The descriptor stays open on it.</summary>
    /// <param name="mount">Its root.</param>
    /// <param name="target">The folder to mount it on.</param>
    /// <param name="subject">What an error's message names.</param>
    /// <exception cref="KernelException">It cannot be mounted there.</exception>
    public static void Attach(FileDescriptor mount, FileDescriptor target, string subject)
    {
        byte empty = 0;
        if (syscall5(SystemCall.MoveMount, mount.Number, (nint)(&empty), target.Number, (nint)(&empty), FromDescriptor | ToDescriptor) != 0)
        {
            throw new KernelException((Errno)Marshal.GetLastPInvokeError(), "mounting on", subject);
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall3(nint number, nint a, nint b, nint c);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall5(nint number, nint a, nint b, nint c, nint d, nint e);
}
