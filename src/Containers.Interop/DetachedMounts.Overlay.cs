using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;

namespace Containers.Interop;

/// <content>Overlays (kernel documentation, filesystems/overlayfs).</content>
public static unsafe partial class DetachedMounts
{
    private const nint SetFlag = 0, SetString = 1, SetDescriptor = 5, Create = 6, CloseOnExecConfiguration = 1, CloseOnExecMount = 1;

    /// <summary>The longest value that fsconfig(2) takes.</summary>
    private const int LongestValue = 255;

    /// <summary>Mounts layers over each other. Set-user-id bits and device nodes have no effect in it.</summary>
    /// <param name="layers">The layers, lowest first, at least one; two without <paramref name="upper"/>. They stay the caller's.</param>
    /// <param name="upper">The writable folder; null for a mount that is read only.</param>
    /// <param name="work">The work folder that belongs to it.</param>
    /// <param name="subject">What an error's message names.</param>
    /// <returns>The root of the mount.</returns>
    /// <exception cref="KernelException">It cannot be mounted; E2BIG for more layers than this kernel takes by descriptor (about 14 before Linux 6.7).</exception>
    public static FileDescriptor Overlay(IReadOnlyList<FileDescriptor> layers, FileDescriptor? upper, FileDescriptor? work, string subject) =>
        TryOverlay(
            [.. layers.Reverse().Select(layer => new OverlayLayer(layer))],
            upper is null ? null : new OverlayLayer(upper),
            work is null ? null : new OverlayLayer(work),
            [],
            MountFlags.NoSuid | MountFlags.NoDev | (upper is null ? MountFlags.ReadOnly : MountFlags.None),
            out OverlayFailure failure)
        ?? throw new KernelException(failure.Errno, "mounting the layers of", subject);

    /// <summary>Mounts layers over each other.</summary>
    /// <param name="lower">The layers that are only read, topmost first, at least one; two without <paramref name="upper"/>.</param>
    /// <param name="upper">The writable folder; null for a mount that is read only.</param>
    /// <param name="work">The work folder that belongs to it.</param>
    /// <param name="options">The file system's options: <c>userxattr</c>, <c>metacopy=on</c>.</param>
    /// <param name="flags">What holds for everything in the mount.</param>
    /// <param name="failure">Why it could not be mounted.</param>
    /// <returns>The root of the mount, or null.</returns>
    public static FileDescriptor? TryOverlay(
        IReadOnlyList<OverlayLayer> lower, OverlayLayer? upper, OverlayLayer? work, IReadOnlyList<string> options, MountFlags flags, out OverlayFailure failure)
    {
        failure = default;
        using FileDescriptor? context = TryOpenContext("overlay", out Errno errno);
        string? refused = null;
        if (context is null || (refused = TrySetAll(context, lower, upper, work, options, out errno)) is not null || (errno = TryCreate(context)) != Errno.None)
        {
            failure = new OverlayFailure(errno, refused, context is null ? string.Empty : ReadLog(context));
            return null;
        }

        nint mount = syscall3(SystemCall.Fsmount, context.Number, CloseOnExecMount, (nint)flags);
        if (mount < 0)
        {
            failure = new OverlayFailure((Errno)Marshal.GetLastPInvokeError(), null, ReadLog(context));
            return null;
        }

        return new FileDescriptor((int)mount);
    }

    // Gives the option that was refused.
    private static string? TrySetAll(
        FileDescriptor context, IReadOnlyList<OverlayLayer> lower, OverlayLayer? upper, OverlayLayer? work, IReadOnlyList<string> options, out Errno errno)
    {
        foreach (string option in options)
        {
            int equals = option.IndexOf('=', StringComparison.Ordinal);
            errno = equals < 0 ? TrySet(context, SetFlag, option, null) : TrySet(context, SetString, option[..equals], option[(equals + 1)..]);
            if (errno != Errno.None)
            {
                return option;
            }
        }

        if ((errno = TrySetLower(context, lower)) != Errno.None)
        {
            return "lowerdir";
        }

        if (upper is { } above && (errno = TrySetFolder(context, "upperdir", above)) != Errno.None)
        {
            return "upperdir";
        }

        return work is { } beside && (errno = TrySetFolder(context, "workdir", beside)) != Errno.None ? "workdir" : null;
    }

    private static Errno TrySetLower(FileDescriptor context, IReadOnlyList<OverlayLayer> lower)
    {
        for (int i = 0; i < lower.Count; i++)
        {
            // Since Linux 6.7 one by one.
            Errno errno = TrySetFolder(context, "lowerdir+", lower[i]);
            if (errno == Errno.EINVAL && i == 0)
            {
                string all = string.Join(':', lower.Select(layer => PathOf(layer.Folder)));
                return all.Length <= LongestValue ? TrySet(context, SetString, "lowerdir", all) : Errno.E2BIG;
            }

            if (errno != Errno.None)
            {
                return errno;
            }
        }

        return Errno.None;
    }

    private static Errno TrySetFolder(FileDescriptor context, string key, OverlayLayer layer)
    {
        if (layer.Name is null)
        {
            return TrySet(context, SetString, key, PathOf(layer.Folder));
        }

        // The kernel keeps the path of a descriptor that it is given as the layer's name; what is mounted nowhere has the path / then.
        bool hasPath = Files.ReadLink(Files.CurrentFolder, PathOf(layer.Folder)) is { } path
            && Files.TryStat(Files.CurrentFolder, path, follow: false, out FileStatus there) == Errno.None
            && FolderEntries.TryStat(layer.Folder.Number, default, out FileStatus own) == Errno.None
            && there.Device == own.Device && there.Inode == own.Inode;
        if (hasPath)
        {
            fixed (byte* k = Native.Utf8Z(key))
            {
                // Since Linux 6.13.
                Errno errno = Result(syscall5(SystemCall.Fsconfig, context.Number, SetDescriptor, (nint)k, 0, layer.Folder.Number));
                if (errno is not (Errno.EINVAL or Errno.EBADF))
                {
                    return errno;
                }
            }
        }

        // Text of a path that overlayfs would take apart is left to the descriptor's name.
        bool isPlain = Encoding.UTF8.GetByteCount(layer.Name) <= LongestValue && !layer.Name.AsSpan().ContainsAny(":\\,");
        return TrySet(context, SetString, key, isPlain ? layer.Name : PathOf(layer.Folder));
    }

    private static Errno TryCreate(FileDescriptor context) => Result(syscall5(SystemCall.Fsconfig, context.Number, Create, 0, 0, 0));

    // The name of a descriptor is short, and means this very folder whatever its path comes to mean.
    private static string PathOf(FileDescriptor folder) => $"/proc/self/fd/{folder.Number}";

    private static FileDescriptor? TryOpenContext(string type, out Errno errno)
    {
        fixed (byte* name = Native.Utf8Z(type))
        {
            nint context = syscall3(SystemCall.Fsopen, (nint)name, CloseOnExecConfiguration, 0);
            errno = context >= 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();
            return context >= 0 ? new FileDescriptor((int)context) : null;
        }
    }

    private static Errno TrySet(FileDescriptor context, nint how, string key, string? value)
    {
        fixed (byte* k = Native.Utf8Z(key), v = value is null ? null : Native.Utf8Z(value))
        {
            return Result(syscall5(SystemCall.Fsconfig, context.Number, how, (nint)k, (nint)v, 0));
        }
    }

    // One message a read(2), each with its level before it: "e overlay: Unknown parameter 'x'".
    private static string ReadLog(FileDescriptor context)
    {
        var messages = new List<string>();
        byte[] buffer = new byte[1024];
        fixed (byte* p = buffer)
        {
            nint length;
            while ((length = (nint)LibC.read(context.Number, p, buffer.Length)) > 2)
            {
                string message = Encoding.UTF8.GetString(buffer, 2, (int)length - 2).TrimEnd('\n');
                if (buffer[0] == (byte)'e')
                {
                    messages.Add(message.StartsWith("overlay: ", StringComparison.Ordinal) ? message["overlay: ".Length..] : message);
                }
            }
        }

        return string.Join("; ", messages);
    }

    private static Errno Result(nint result) => result >= 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();
}
