using Containers.Interop;

namespace Containers.Engine.Layers;

/// <summary>What overlayfs has noted on a file of a writable layer (kernel documentation, filesystems/overlayfs).</summary>
[Flags]
internal enum OverlayMarks
{
    /// <summary>Nothing that matters here.</summary>
    None = 0,

    /// <summary>A folder that hides what lower layers have in it.</summary>
    Opaque = 1,

    /// <summary>A folder that shows one of another name in lower layers (redirect_dir).</summary>
    Redirected = 2,

    /// <summary>A file whose content still lies in a lower layer (metacopy).</summary>
    MetadataOnly = 4,

    /// <summary>An empty file that is a whiteout all the same (overlay.whiteout, Linux 6.7).</summary>
    Whiteout = 8,
}

/// <summary>The extended attributes of files as layers carry them.</summary>
internal static class LayerAttributes
{
    /// <summary>Whether overlayfs itself acts on an attribute: in a layer it would steer the mount.</summary>
    /// <param name="name">The attribute's name.</param>
    /// <returns>True for trusted.overlay. and user.overlay.</returns>
    public static bool IsOverlays(ReadOnlySpan<byte> name) => name.StartsWith("trusted.overlay."u8) || name.StartsWith("user.overlay."u8);

    /// <summary>Whether an attribute is a label of the machine that a file lies on, which sets its own.</summary>
    /// <param name="name">The attribute's name.</param>
    /// <returns>True for the labels of the security modules.</returns>
    public static bool IsMachines(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("security.selinux"u8) || name.SequenceEqual("security.ima"u8) || name.SequenceEqual("security.evm"u8)
        || name.SequenceEqual("security.apparmor"u8) || name.StartsWith("security.SMACK64"u8);

    /// <summary>Reads what a layer carries, in the order of the names.</summary>
    /// <param name="file">The file, opened with O_PATH or for reading.</param>
    /// <param name="marks">What overlayfs has noted.</param>
    /// <returns>The attributes.</returns>
    /// <exception cref="KernelException">They cannot be read.</exception>
    public static IReadOnlyList<ExtendedAttribute> Read(FileDescriptor file, out OverlayMarks marks)
    {
        marks = OverlayMarks.None;
        Check(FileInspection.TryListAttributes(file, out byte[] names), "listing");
        if (names.Length == 0)
        {
            return [];
        }

        var attributes = new List<ExtendedAttribute>();
        foreach (Range range in names.AsSpan().Split((byte)0))
        {
            ReadOnlySpan<byte> name = names.AsSpan()[range];
            if (IsOverlays(name))
            {
                marks |= MarkOf(file, name);
            }
            else if (IsCarried(name))
            {
                Errno errno = FileInspection.TryGetAttribute(file, name, out byte[] value);
                if (errno != Errno.ENODATA)
                {
                    Check(errno, "reading");
                    attributes.Add(new ExtendedAttribute(name.ToArray(), value));
                }
            }
        }

        attributes.Sort((one, other) => one.Name.AsSpan().SequenceCompareTo(other.Name));
        return attributes;
    }

    // The rest of `system.` and other namespaces belong to one kind of file system.
    private static bool IsCarried(ReadOnlySpan<byte> name) =>
        name.StartsWith("user."u8) || name.StartsWith("trusted."u8) || (name.StartsWith("security."u8) && !IsMachines(name)) || name.StartsWith("system.posix_acl_"u8);

    // Those of `user.` count only in overlays mounted with userxattr, which the engine's are not: anybody in a container may set them.
    private static OverlayMarks MarkOf(FileDescriptor file, ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("trusted.overlay.opaque"u8))
        {
            Check(FileInspection.TryGetAttribute(file, name, out byte[] value), "reading");
            return value.AsSpan().SequenceEqual("y"u8) ? OverlayMarks.Opaque : OverlayMarks.None;
        }

        return name.SequenceEqual("trusted.overlay.redirect"u8) ? OverlayMarks.Redirected
            : name.SequenceEqual("trusted.overlay.metacopy"u8) ? OverlayMarks.MetadataOnly
            : name.SequenceEqual("trusted.overlay.whiteout"u8) ? OverlayMarks.Whiteout
            : OverlayMarks.None;
    }

    private static void Check(Errno errno, string operation)
    {
        if (errno != Errno.None)
        {
            throw new KernelException(errno, operation, "extended attributes");
        }
    }
}
