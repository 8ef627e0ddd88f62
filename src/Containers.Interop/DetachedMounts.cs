using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Containers.Interop;

/// <summary>Mounts that are nowhere in the tree of any mount namespace: only their descriptor leads to them, and with it they go (fsmount(2), open_tree(2)).</summary>
public static unsafe partial class DetachedMounts
{
    private const nint SetString = 1, Create = 6, CloseOnExecConfiguration = 1, CloseOnExecMount = 1, Clone = 1;
    private const uint ReadOnly = 1, NoSuid = 2, NoDevices = 4;

    /// <summary>The longest value that fsconfig(2) takes.</summary>
    private const int LongestValue = 255;

    /// <summary>Mounts layers over each other. Set-user-id bits and device nodes have no effect in it.</summary>
    /// <param name="layers">The layers, lowest first, at least one; two without <paramref name="upper"/>. They stay the caller's.</param>
    /// <param name="upper">The writable folder; null for a mount that is read only.</param>
    /// <param name="work">The work folder that belongs to it.</param>
    /// <param name="subject">What an error's message names.</param>
    /// <returns>The root of the mount.</returns>
    /// <exception cref="KernelException">It cannot be mounted; E2BIG for more layers than this kernel takes by descriptor (about 14 before Linux 6.7).</exception>
    public static FileDescriptor Overlay(IReadOnlyList<FileDescriptor> layers, FileDescriptor? upper, FileDescriptor? work, string subject)
    {
        using FileDescriptor context = Open(SystemCall.Fsopen, "overlay", CloseOnExecConfiguration, subject);
        Errno errno = Errno.None;
        foreach (FileDescriptor layer in layers.Reverse())
        {
            // Since Linux 6.7 one by one, the uppermost first.
            if ((errno = TryConfigure(context, "lowerdir+", PathOf(layer))) != Errno.None)
            {
                break;
            }
        }

        if (errno == Errno.EINVAL)
        {
            string all = string.Join(':', layers.Reverse().Select(PathOf));
            errno = all.Length <= LongestValue ? TryConfigure(context, "lowerdir", all) : Errno.E2BIG;
        }

        Check(errno, subject);
        if (upper is not null && work is not null)
        {
            Check(TryConfigure(context, "upperdir", PathOf(upper)), subject);
            Check(TryConfigure(context, "workdir", PathOf(work)), subject);
        }

        Check(Result(syscall5(SystemCall.Fsconfig, context.Number, Create, 0, 0, 0)), subject);
        nint mount = syscall3(SystemCall.Fsmount, context.Number, CloseOnExecMount, (nint)(NoSuid | NoDevices | (upper is null ? ReadOnly : 0)));
        return mount >= 0 ? new FileDescriptor((int)mount) : throw new KernelException((Errno)Marshal.GetLastPInvokeError(), "mounting", subject);
    }

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

    // The name of a descriptor is short, and means this very folder whatever its path comes to mean.
    private static string PathOf(FileDescriptor folder) => $"/proc/self/fd/{folder.Number}";

    private static FileDescriptor Open(int call, string type, nint flags, string subject)
    {
        fixed (byte* name = Native.Utf8Z(type))
        {
            nint context = syscall3(call, (nint)name, flags, 0);
            return context >= 0 ? new FileDescriptor((int)context) : throw new KernelException((Errno)Marshal.GetLastPInvokeError(), "mounting", subject);
        }
    }

    private static Errno TryConfigure(FileDescriptor context, string key, string value)
    {
        fixed (byte* k = Native.Utf8Z(key), v = Native.Utf8Z(value))
        {
            return Result(syscall5(SystemCall.Fsconfig, context.Number, SetString, (nint)k, (nint)v, 0));
        }
    }

    private static Errno Result(nint result) => result >= 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();

    private static void Check(Errno errno, string subject)
    {
        if (errno != Errno.None)
        {
            throw new KernelException(errno, "mounting the layers of", subject);
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall3(nint number, nint a, nint b, nint c);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall5(nint number, nint a, nint b, nint c, nint d, nint e);
}
