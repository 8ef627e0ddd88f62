using System.Runtime.InteropServices;

namespace Containers.Interop;

/// <summary>Namespaces by the descriptors of their files, as /proc/PID/ns/net (namespaces(7), ioctl_ns(2), setns(2)).</summary>
public static unsafe partial class NamespaceFiles
{
    private const nuint OwnerRequest = 0xb701, ParentRequest = 0xb702, TypeRequest = 0xb703, OwnerUserRequest = 0xb704;

    /// <summary>The user namespace that owns a namespace; of a user namespace, its parent.</summary>
    /// <param name="file">The namespace.</param>
    /// <returns>A descriptor of it; null where it lies outside this process's own.</returns>
    public static FileDescriptor? TryOpenOwner(FileDescriptor file) => Opened(ioctl(file.Number, OwnerRequest, null));

    /// <summary>The parent of a pid or user namespace.</summary>
    /// <param name="file">The namespace.</param>
    /// <returns>A descriptor of it; null where it has none, or one outside this process's own.</returns>
    public static FileDescriptor? TryOpenParent(FileDescriptor file) => Opened(ioctl(file.Number, ParentRequest, null));

    /// <summary>The user who made a user namespace, as this process's user namespace numbers him.</summary>
    /// <param name="file">A user namespace.</param>
    /// <returns>The uid; null where it is no user namespace.</returns>
    public static uint? OwnerUser(FileDescriptor file)
    {
        uint uid;
        return ioctl(file.Number, OwnerUserRequest, &uid) == 0 ? uid : null;
    }

    /// <summary>The kind of a namespace.</summary>
    /// <param name="file">A file.</param>
    /// <returns>Its CLONE_NEW* flag; null where it is no namespace.</returns>
    public static int? TypeOf(FileDescriptor file)
    {
        int type = ioctl(file.Number, TypeRequest, null);
        return type > 0 ? type : null;
    }

    /// <summary>Moves the calling thread into a namespace: of the kinds that a thread among others can enter, network, UTS, IPC and cgroup.</summary>
    /// <param name="file">The namespace.</param>
    /// <param name="type">Its CLONE_NEW* flag.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>.</returns>
    public static Errno TryEnter(FileDescriptor file, int type) => setns(file.Number, type) == 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();

    private static FileDescriptor? Opened(int result)
    {
        if (result < 0)
        {
            return null;
        }

        // The kernel opens it close-on-exec.
        return new FileDescriptor(result);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int fd, nuint request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int fd, int type);
}
