using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Layers;

/// <summary>Gives a file just made the owner, mode and extended attributes of its entry.</summary>
internal static class EntryAttributes
{
    /// <summary>Of a file or folder that is open.</summary>
    /// <param name="file">The file, not opened O_PATH.</param>
    /// <param name="entry">Its entry.</param>
    public static void Apply(FileDescriptor file, TarEntry entry)
    {
        // In this order: a change of owner clears setuid and security.capability, a change of mode rewrites the mask of an ACL.
        Check(FileContent.TryChown(file, entry.Uid, entry.Gid), "setting the owner of", entry);
        Check(FileContent.TryChmod(file, entry.Mode), "setting the mode of", entry);
        SetAttributes(file, entry);
    }

    /// <summary>Of a symbolic link, device node or pipe, with its times. A device must not be opened: that alone can have an effect.</summary>
    /// <param name="parent">The folder it lies in.</param>
    /// <param name="path">Its path.</param>
    /// <param name="entry">Its entry.</param>
    public static void ApplyWithoutOpening(int parent, in EntryPath path, TarEntry entry)
    {
        Check(FolderEntries.TryChown(parent, path.Name, entry.Uid, entry.Gid), "setting the owner of", entry);
        if (entry.Kind != TarEntryKind.Symlink || entry.Attributes.Count > 0)
        {
            using FileDescriptor file = FolderEntries.TryOpen(parent, path.Name, LibC.O_PATH, 0, out Errno errno)
                ?? throw new KernelException(errno, "opening", EntryName.Show(path.Full));
            if (entry.Kind != TarEntryKind.Symlink)
            {
                Check(FileContent.TryChmodPath(file, entry.Mode), "setting the mode of", entry);
            }

            SetAttributes(file, entry);
        }

        Check(FolderEntries.TrySetTimes(parent, path.Name, entry.Times), "setting the times of", entry);
    }

    private static void SetAttributes(FileDescriptor file, TarEntry entry)
    {
        foreach (ExtendedAttribute attribute in entry.Attributes)
        {
            ReadOnlySpan<byte> name = attribute.Name;
            if (LayerAttributes.IsOverlays(name))
            {
                throw ArchiveError.Refused(entry.Name, $"its extended attribute '{EntryName.Show(name)}' would steer overlayfs, under which the layer lies");
            }

            // Labels by the security module of the machine that made the archive; this one sets its own.
            if (LayerAttributes.IsMachines(name))
            {
                continue;
            }

            Errno errno = FileContent.TrySetAttribute(file, name, attribute.Value);
            if (errno != Errno.None)
            {
                throw new KernelException(errno, $"setting the extended attribute '{EntryName.Show(name)}' of", EntryName.Show(entry.Name));
            }
        }
    }

    private static void Check(Errno errno, string operation, TarEntry entry)
    {
        if (errno != Errno.None)
        {
            throw new KernelException(errno, operation, EntryName.Show(entry.Name));
        }
    }
}
