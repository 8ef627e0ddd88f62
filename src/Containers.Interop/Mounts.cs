using System.Runtime.InteropServices;

namespace Containers.Interop;

/// <summary>Mounts in the session's own mount namespace (mount(2), umount(2)).</summary>
public static unsafe partial class Mounts
{
    private const int Detach = 2, NoFollow = 8;
    private const int PageOfOptions = 4095;

    /// <summary>
    /// Mounts layers over each other by mount(2): what kernels before Linux 6.7 want for more layers than
    /// <see cref="DetachedMounts.TryOverlay"/> can tell them, at most about 200.
    /// </summary>
    /// <param name="lower">The layers that are only read, topmost first.</param>
    /// <param name="upper">The writable folder; null for a mount that is read only.</param>
    /// <param name="work">The work folder that belongs to it.</param>
    /// <param name="options">The file system's options.</param>
    /// <param name="flags">What holds for everything in the mount.</param>
    /// <param name="target">Where to.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>; <see cref="Errno.E2BIG"/> for too many layers.</returns>
    public static Errno TryOverlay(
        IReadOnlyList<OverlayLayer> lower, OverlayLayer? upper, OverlayLayer? work, IReadOnlyList<string> options, MountFlags flags, FileDescriptor target)
    {
        // Names of descriptors are short, and mean these folders whatever their paths come to mean.
        List<string> all = [$"lowerdir={string.Join(':', lower.Select(PathOf))}", .. options];
        if (upper is { } above)
        {
            all.Add($"upperdir={PathOf(above)}");
        }

        if (work is { } beside)
        {
            all.Add($"workdir={PathOf(beside)}");
        }

        string text = string.Join(',', all);
        if (text.Length > PageOfOptions)
        {
            return Errno.E2BIG;
        }

        fixed (byte* name = "overlay\0"u8, at = Native.Utf8Z(PathOf(new OverlayLayer(target))), data = Native.Utf8Z(text))
        {
            return mount(name, at, name, FlagsOf(flags), data) == 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();
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

    /// <summary>umount2(2) without following a symbolic link.</summary>
    /// <param name="path">The mount point.</param>
    /// <param name="isLazy">Whether it goes out of the tree at once and ends with its last user, instead of being refused while it is in use.</param>
    /// <returns>The error number, or <see cref="Errno.None"/>; EINVAL where nothing is mounted.</returns>
    public static Errno TryUnmount(string path, bool isLazy)
    {
        fixed (byte* p = Native.Utf8Z(path))
        {
            return umount2(p, NoFollow | (isLazy ? Detach : 0)) == 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();
        }
    }

    private static string PathOf(OverlayLayer layer) => $"/proc/self/fd/{layer.Folder.Number}";

    // The numbers of mount(2) are others for what came later.
    private static nuint FlagsOf(MountFlags flags) =>
        (nuint)(flags & (MountFlags.ReadOnly | MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec))
        | (flags.HasFlag(MountFlags.NoAtime) ? 1024u : 0u) | (flags.HasFlag(MountFlags.NoDirAtime) ? 2048u : 0u) | (flags.HasFlag(MountFlags.NoSymFollow) ? 256u : 0u);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mount(byte* source, byte* target, byte* type, nuint flags, byte* data);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int umount2(byte* target, int flags);
}
