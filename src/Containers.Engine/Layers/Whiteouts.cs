using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Layers;

/// <summary>What the name of an entry says beyond a name.</summary>
internal enum WhiteoutKind
{
    /// <summary>Nothing: a file to be made.</summary>
    None,

    /// <summary>Something of lower layers is hidden.</summary>
    Removal,

    /// <summary>Aufs's own notes (.wh..wh.plnk and the like): passed over.</summary>
    Bookkeeping,
}

/// <summary>
/// The removals of an OCI layer (image-spec, layer.md "Whiteouts"), made into overlayfs's: a whiteout concerns lower layers only,
/// never what the same layer brings, whichever comes first.
/// </summary>
/// <param name="handling">What <c>.wh.</c> names mean.</param>
internal sealed class Whiteouts(WhiteoutHandling handling)
{
    /// <summary>The name in a folder that hides all that lower layers have in it.</summary>
    public static ReadOnlySpan<byte> Opaque => ".wh..wh..opq"u8;

    /// <summary>What stands before the name that is hidden.</summary>
    public static ReadOnlySpan<byte> Prefix => ".wh."u8;

    /// <summary>Tells whiteouts from files to be made.</summary>
    /// <param name="path">The entry's path.</param>
    /// <param name="entry">The entry.</param>
    /// <returns>What it is.</returns>
    /// <exception cref="EngineException">InvalidData where such a name is not allowed.</exception>
    public WhiteoutKind Classify(in EntryPath path, TarEntry entry)
    {
        if (handling == WhiteoutHandling.Plain || !path.HasComponentStartingWith(".wh."u8))
        {
            return WhiteoutKind.None;
        }

        if (handling == WhiteoutHandling.Refuse)
        {
            throw ArchiveError.Refused(entry.Name, "names that start with '.wh.' mark removals of an image's layers and are nothing in a root file system");
        }

        if (path.HasComponentStartingWith(".wh..wh."u8) && !path.Name.SequenceEqual(Opaque))
        {
            return WhiteoutKind.Bookkeeping;
        }

        ReadOnlySpan<byte> hidden = path.Name.StartsWith(".wh."u8) ? path.Name[".wh.".Length..] : default;
        return !hidden.IsEmpty && !hidden.SequenceEqual("."u8) && !hidden.SequenceEqual(".."u8) ? WhiteoutKind.Removal
            : throw ArchiveError.Refused(entry.Name, "it is a whiteout that names no file, or lies in one");
    }

    /// <summary>Carries a whiteout out.</summary>
    /// <param name="parent">The folder it lies in.</param>
    /// <param name="path">Its path.</param>
    public static void Apply(int parent, in EntryPath path)
    {
        ReadOnlySpan<byte> hidden = path.Name[".wh.".Length..];
        if (path.Name.SequenceEqual(Opaque))
        {
            using FileDescriptor folder = Open(parent, "."u8, path);
            MakeOpaque(folder, path);
            return;
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
