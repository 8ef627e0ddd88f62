using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Layers;

/// <summary>
/// The removals of an OCI layer (image-spec, layer.md "Whiteouts"), made into overlayfs's: a whiteout concerns lower layers only,
/// never what the same layer brings, whichever comes first.
/// </summary>
/// <param name="handling">What <c>.wh.</c> names mean.</param>
internal sealed class Whiteouts(WhiteoutHandling handling)
{
    /// <summary>Whether an entry is a whiteout, and not a file to be made.</summary>
    /// <param name="path">The entry's path.</param>
    /// <param name="entry">The entry.</param>
    /// <returns>True for a whiteout.</returns>
    /// <exception cref="EngineException">InvalidData where such a name is not allowed.</exception>
    public bool Concerns(in EntryPath path, TarEntry entry)
    {
        if (!path.HasComponentStartingWith(".wh."u8))
        {
            return false;
        }

        if (handling == WhiteoutHandling.Refuse)
        {
            throw ArchiveError.Refused(entry.Name, "names that start with '.wh.' mark removals of an image's layers and are nothing in a root file system");
        }

        return path.Name.StartsWith(".wh."u8);
    }

    /// <summary>Carries a whiteout out.</summary>
    /// <param name="parent">The folder it lies in.</param>
    /// <param name="path">Its path.</param>
    /// <param name="entry">Its entry.</param>
    /// <exception cref="EngineException">InvalidData for one that names nothing.</exception>
    public static void Apply(int parent, in EntryPath path, TarEntry entry)
    {
        ReadOnlySpan<byte> hidden = path.Name[".wh.".Length..];
        if (hidden.SequenceEqual(".wh..opq"u8))
        {
            using FileDescriptor folder = Open(parent, "."u8, path);
            MakeOpaque(folder, path);
            return;
        }

        // Bookkeeping of aufs itself.
        if (hidden.StartsWith(".wh."u8))
        {
            return;
        }

        if (hidden.IsEmpty || hidden.SequenceEqual("."u8) || hidden.SequenceEqual(".."u8))
        {
            throw ArchiveError.Refused(entry.Name, "it is a whiteout that names no file");
        }

        Errno errno = FolderEntries.TryMakeNode(parent, hidden, FileKind.CharacterDevice, 0, 0, 0);
        if (errno == Errno.EEXIST)
        {
            errno = FolderEntries.TryStat(parent, hidden, out FileStatus status);
            if (errno == Errno.None && status.Kind == FileKind.Folder)
            {
                using FileDescriptor folder = Open(parent, hidden, path);
                MakeOpaque(folder, path);
            }
        }

        if (errno != Errno.None)
        {
            throw new KernelException(errno, "making the whiteout", EntryName.Show(path.Full));
        }
    }

    /// <summary>Hides what lower layers have in a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="path">A path for messages.</param>
    public static void MakeOpaque(FileDescriptor folder, in EntryPath path)
    {
        Errno errno = FileContent.TrySetAttribute(folder, "trusted.overlay.opaque"u8, "y"u8);
        if (errno != Errno.None)
        {
            throw new KernelException(errno, "making opaque", EntryName.Show(path.Full));
        }
    }

    /// <summary>Whether something is a whiteout on disk.</summary>
    /// <param name="status">What stat(2) told.</param>
    /// <returns>True for a character device 0:0.</returns>
    public static bool IsWhiteout(in FileStatus status) => status.Kind == FileKind.CharacterDevice && status.RawDevice == 0;

    private static FileDescriptor Open(int parent, ReadOnlySpan<byte> name, in EntryPath path) =>
        FolderEntries.TryOpen(parent, name, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out Errno errno)
        ?? throw new KernelException(errno, "opening the folder of", EntryName.Show(path.Full));
}
