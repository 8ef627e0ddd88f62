using System.Runtime.InteropServices;

namespace Containers.Interop;

/// <summary>Mounts of what is there already at a second place, in the session's own mount namespace (mount(2), MS_BIND).</summary>
public static unsafe partial class BindMounts
{
    private const nuint Bind = 4096, Private = 1 << 18;

    /// <summary>Shows a file at a second place.</summary>
    /// <param name="source">The file, O_PATH or not; a namespace's file too.</param>
    /// <param name="target">A file of the mount namespace (O_PATH), on which it is mounted.</param>
    /// <param name="subject">What an error's message names.</param>
    /// <exception cref="KernelException">It cannot be mounted.</exception>
    public static void Mount(FileDescriptor source, FileDescriptor target, string subject)
    {
        fixed (byte* from = Native.Utf8Z($"/proc/self/fd/{source.Number}"), to = Native.Utf8Z($"/proc/self/fd/{target.Number}"))
        {
            Native.Check(mount(from, to, null, Bind, null), "mounting", subject);
        }
    }

    /// <summary>Makes a folder a mount of its own that shares nothing of what is mounted in it with other mount namespaces. One that is stays.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="KernelException">It cannot be mounted.</exception>
    public static void MakePrivate(string path)
    {
        fixed (byte* at = Native.Utf8Z(path))
        {
            if (mount(null, at, null, Private, null) == 0)
            {
                return;
            }

            // EINVAL: nothing is mounted there yet.
            Native.Check(mount(at, at, null, Bind, null), "mounting", path);
            Native.Check(mount(null, at, null, Private, null), "making private the mount", path);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mount(byte* source, byte* target, byte* type, nuint flags, byte* data);
}
