using System.Runtime.InteropServices;
using System.Text;

namespace Containers.Interop;

/// <summary>Mounts in the session's own mount namespace (mount(2), umount(2)).</summary>
public static unsafe partial class Mounts
{
    private const nuint ReadOnly = 1, NoSuid = 2, NoDevices = 4;
    private const int Detach = 2, NoFollow = 8;
    private const int PageOfOptions = 4095;

    /// <summary>The most layers that <see cref="OverlayReadOnly"/> takes.</summary>
    public const int MostLayers = 200;

    /// <summary>Mounts layers over each other, without a writable one. Set-user-id bits and device nodes have no effect in it.</summary>
    /// <param name="layers">The layers, lowest first, at least two; stay the caller's.</param>
    /// <param name="target">Where to.</param>
    /// <param name="subject">What an error's message names.</param>
    /// <exception cref="KernelException">It cannot be mounted.</exception>
    public static void OverlayReadOnly(IReadOnlyList<FileDescriptor> layers, FileDescriptor target, string subject)
    {
        // Names of descriptors are short, and mean these folders whatever their paths come to mean. The first of lowerdir is the uppermost.
        string options = "lowerdir=" + string.Join(':', layers.Reverse().Select(layer => $"/proc/self/fd/{layer.Number}"));
        if (layers.Count > MostLayers || options.Length > PageOfOptions)
        {
            throw new KernelException(Errno.E2BIG, $"mounting {layers.Count} layers of", subject);
        }

        byte[] type = "overlay\0"u8.ToArray();
        fixed (byte* name = type, at = Native.Utf8Z($"/proc/self/fd/{target.Number}"), data = Native.Utf8Z(options))
        {
            Native.Check(mount(name, at, name, ReadOnly | NoSuid | NoDevices, data), "mounting", subject);
        }
    }

    /// <summary>Takes a mount away; who still uses it keeps it until the end.</summary>
    /// <param name="folder">The folder that it is mounted in.</param>
    /// <param name="name">The mount point's name there.</param>
    /// <returns>False where nothing is mounted.</returns>
    /// <exception cref="KernelException">It cannot be unmounted.</exception>
    public static bool Unmount(FileDescriptor folder, string name)
    {
        fixed (byte* path = Native.Utf8Z($"/proc/self/fd/{folder.Number}/{name}"))
        {
            return umount2(path, Detach | NoFollow) == 0
                || (Native.Errno is Errno.EINVAL or Errno.ENOENT ? false : throw Native.LastError("unmounting", name));
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mount(byte* source, byte* target, byte* type, nuint flags, byte* data);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int umount2(byte* target, int flags);
}
