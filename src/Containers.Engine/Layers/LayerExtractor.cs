using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Layers;

/// <summary>
/// Unpacks an archive into an empty folder, relative to descriptors only. Where it fails it leaves what it made so far: the caller
/// unpacks into a folder of its own and removes that (<see cref="FolderRemoval"/>). Into a folder that others have files in
/// (<see cref="ExtractionOptions.Inhabited"/>) it leaves whole files only.
/// </summary>
internal sealed class LayerExtractor : IDisposable
{
    private const int NewFileMode = 0x180;
    private readonly FileDescriptor root;
    private readonly ExtractionOptions options;
    private readonly EntryParents parents;
    private readonly FolderTimes folderTimes;
    private readonly Whiteouts whiteouts;
    private long entries;
    private long contentBytes;

    /// <summary>Makes an extractor.</summary>
    /// <param name="root">The target folder, opened O_RDONLY or O_PATH; stays the caller's.</param>
    /// <param name="options">How to unpack.</param>
    public LayerExtractor(FileDescriptor root, ExtractionOptions options)
    {
        this.root = root;
        this.options = options;
        parents = new EntryParents(root, options.Inhabited, CountEntry);
        folderTimes = new FolderTimes(options.Limits);
        whiteouts = new Whiteouts(options.Whiteouts);
    }

    /// <summary>What was unpacked so far.</summary>
    public ExtractionResult Result => new(entries, contentBytes);

    /// <summary>Unpacks an archive: plain, gzip or zstd.</summary>
    /// <param name="archive">The archive; read to its end.</param>
    /// <param name="root">The target folder.</param>
    /// <param name="options">How to unpack.</param>
    /// <param name="cancellation">Ends it half way.</param>
    /// <returns>What was unpacked.</returns>
    /// <exception cref="EngineException">InvalidData, LimitExceeded, NotSupported, PermissionDenied or Storage.</exception>
    public static ExtractionResult Extract(Stream archive, FileDescriptor root, ExtractionOptions options, CancellationToken cancellation)
    {
        using var input = new ArchiveInput(archive, options.Limits, tap: null, cancellation);
        Stream tar = LayerCompression.Open(input, out _);
        using var source = new ReadAheadSource(input, tar, options.Limits, tap: null, cancellation);
        using var extractor = new LayerExtractor(root, options);
        return extractor.Run(source, progress: null, cancellation);
    }

    /// <summary>Unpacks all entries of an archive and reads it to its end.</summary>
    /// <param name="source">The archive, decompressed.</param>
    /// <param name="progress">Called after each entry, or null.</param>
    /// <param name="cancellation">Ends it half way.</param>
    /// <returns>What was unpacked.</returns>
    /// <exception cref="EngineException">InvalidData, LimitExceeded, NotSupported, PermissionDenied or Storage.</exception>
    public ExtractionResult Run(ChunkSource source, Action? progress, CancellationToken cancellation)
    {
        var reader = new TarReader(source, options.Limits);
        byte[] at = [];
        using ThreadOwner? acting = options.Owners?.Act();
        try
        {
            while (reader.Next() is { } entry)
            {
                cancellation.ThrowIfCancellationRequested();
                at = entry.Name;
                Apply(reader, Translate(entry));
                progress?.Invoke();
            }

            folderTimes.Apply(root, parents);
        }
        catch (KernelException failure)
        {
            throw Translate(at, failure);
        }

        reader.Drain();
        return Result;
    }

    /// <inheritdoc/>
    public void Dispose() => parents.Dispose();

    private TarEntry Translate(TarEntry entry)
    {
        if (options.Owners is not { } owners)
        {
            return entry;
        }

        (uint uid, uint gid) = owners.Outside(entry.Uid, entry.Gid, entry.Name);
        return entry with { Uid = uid, Gid = gid };
    }

    private static EngineException Translate(ReadOnlySpan<byte> name, KernelException failure)
    {
        string shown = EntryName.Show(name);
        return failure.Errno switch
        {
            Errno.EPERM or Errno.EACCES => new EngineException(
                EngineErrorReason.PermissionDenied, shown, $"Unpacking the entry '{shown}' needs more rights: {failure.Message}. Run as root.", failure),
            Errno.ENOSPC or Errno.EDQUOT => new EngineException(
                EngineErrorReason.Storage, shown, $"Unpacking the entry '{shown}' filled the disk: {failure.Message}. Make room, then try again.", failure),
            Errno.EROFS => new EngineException(
                EngineErrorReason.PermissionDenied, shown, $"'{shown}' cannot be written: the file system that it would be on is read-only.", failure),
            Errno.EBUSY => new EngineException(
                EngineErrorReason.Busy, shown, $"'{shown}' cannot be replaced: something is mounted there.", failure),
            Errno.ELOOP or Errno.ENOTDIR or Errno.ENOENT or Errno.EISDIR or Errno.EXDEV or Errno.ENAMETOOLONG or Errno.EINVAL or Errno.EFBIG or Errno.EMLINK =>
                ArchiveError.Refused(name, failure.Message, failure),
            _ => new EngineException(EngineErrorReason.Storage, shown, $"Unpacking the entry '{shown}' failed: {failure.Message}.", failure),
        };
    }

    private void CountEntry()
    {
        if (++entries > options.Limits.MaximumEntries)
        {
            throw ArchiveError.Limit($"it has more than {options.Limits.MaximumEntries} entries");
        }
    }

    private void Apply(TarReader reader, TarEntry entry)
    {
        CountEntry();
        EntryPath path = EntryPath.Parse(entry.Name, entry.Name, options.Limits);
        if (path.IsRoot)
        {
            ApplyRoot(path, entry);
            return;
        }

        WhiteoutKind whiteout = whiteouts.Classify(path, entry);
        if (whiteout == WhiteoutKind.Bookkeeping)
        {
            return;
        }

        if (options.Inhabited?.IsMounted(path.Full) == true)
        {
            _ = entry.Kind == TarEntryKind.Folder ? 0 : throw ArchiveError.InTheWay(entry.Name, "something is mounted in its place, which stays as it is");
            return;
        }

        int parent = parents.Open(path);
        if (whiteout == WhiteoutKind.Removal)
        {
            Whiteouts.Apply(parent, path);
            return;
        }

        if (entry.Kind == TarEntryKind.Folder)
        {
            MakeFolder(parent, path, entry);
        }
        else if (options.Inhabited is null)
        {
            Make(reader, parent, path, entry);
        }
        else
        {
            MakeWhole(reader, parent, path, entry);
        }
    }

    /// <summary>Makes a file under a name of its own, and gives it the right one when it is whole.</summary>
    private void MakeWhole(TarReader reader, int parent, in EntryPath path, TarEntry entry)
    {
        if (FolderEntries.TryStat(parent, path.Name, out FileStatus present) == Errno.None && present.Kind == FileKind.Folder)
        {
            throw ArchiveError.InTheWay(entry.Name, "there is a folder of that name, which no file replaces");
        }

        byte[] temporary = System.Text.Encoding.ASCII.GetBytes($".{System.Security.Cryptography.RandomNumberGenerator.GetHexString(20, lowercase: true)}");
        bool isGone = false;
        try
        {
            Make(reader, parent, path.Under(temporary), entry);
            Check(FolderEntries.TryReplace(parent, temporary, path.Name), "putting in place", path);

            // Where the old name is the same file by another name, rename(2) does nothing.
            isGone = entry.Kind != TarEntryKind.HardLink;
        }
        finally
        {
            if (!isGone)
            {
                _ = FolderEntries.TryRemove(parent, temporary, isFolder: false);
            }
        }
    }

    private void Make(TarReader reader, int parent, in EntryPath path, TarEntry entry)
    {
        switch (entry.Kind)
        {
            case TarEntryKind.Regular:
                MakeFile(reader, parent, path, entry);
                break;
            case TarEntryKind.Symlink:
                MakeSymlink(parent, path, entry);
                break;
            case TarEntryKind.HardLink:
                MakeHardLink(parent, path, entry);
                break;
            default:
                MakeNode(parent, path, entry);
                break;
        }
    }

    private void ApplyRoot(in EntryPath path, TarEntry entry)
    {
        if (entry.Kind != TarEntryKind.Folder)
        {
            throw ArchiveError.Refused(entry.Name, "it would replace the root with something that is not a folder");
        }

        if (options.Inhabited is not null)
        {
            return;
        }

        using FileDescriptor self = FolderEntries.TryOpen(root.Number, "."u8, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out Errno errno)
            ?? throw new KernelException(errno, "opening", "the root");
        EntryAttributes.Apply(self, entry);
        folderTimes.Remember(path, self, entry.Times);
    }

    private void MakeFolder(int parent, in EntryPath path, TarEntry entry)
    {
        Errno errno = FolderEntries.TryMakeFolder(parent, path.Name, 0x1C0);
        bool replacesWhiteout = false;
        if (errno == Errno.EEXIST)
        {
            // A folder over a folder keeps what is in it; anything else makes way.
            Check(FolderEntries.TryStat(parent, path.Name, out FileStatus status), "reading the attributes of", path);
            errno = Errno.None;
            if (status.Kind != FileKind.Folder)
            {
                if (options.Inhabited is not null)
                {
                    throw ArchiveError.InTheWay(entry.Name, status.Kind == FileKind.Symlink
                        ? "there is a symbolic link of that name, which is not followed"
                        : "there is a file of that name, which no folder replaces");
                }

                replacesWhiteout = Whiteouts.IsWhiteout(status);
                Replace(parent, path);
                errno = FolderEntries.TryMakeFolder(parent, path.Name, 0x1C0);
            }
        }

        Check(errno, "making the folder", path);
        FileDescriptor folder = FolderEntries.TryOpen(parent, path.Name, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out errno)
            ?? throw new KernelException(errno, "opening", EntryName.Show(path.Full));
        try
        {
            EntryAttributes.Apply(folder, entry);
            if (replacesWhiteout)
            {
                Whiteouts.MakeOpaque(folder, path);
            }

            folderTimes.Remember(path, folder, entry.Times);
        }
        catch
        {
            folder.Dispose();
            throw;
        }

        parents.Keep(path.Full, folder);
    }

    private void MakeFile(TarReader reader, int parent, in EntryPath path, TarEntry entry)
    {
        int flags = LibC.O_WRONLY | LibC.O_CREAT | LibC.O_EXCL;
        FileDescriptor? created = FolderEntries.TryOpen(parent, path.Name, flags, NewFileMode, out Errno errno);
        if (errno == Errno.EEXIST)
        {
            Replace(parent, path);
            created = FolderEntries.TryOpen(parent, path.Name, flags, NewFileMode, out errno);
        }

        using FileDescriptor file = created ?? throw new KernelException(errno, "making the file", EntryName.Show(path.Full));
        WriteContent(reader, file, path, entry);
        EntryAttributes.Apply(file, entry);
        Check(FileContent.TrySetTimes(file, entry.Times), "setting the times of", path);
    }

    private void WriteContent(TarReader reader, FileDescriptor file, in EntryPath path, TarEntry entry)
    {
        int piece = 0;
        long offset = 0;
        long pieceLeft = entry.Pieces is null ? entry.Size : 0;
        while (true)
        {
            ReadOnlySpan<byte> bytes = reader.ReadContent();
            if (bytes.IsEmpty)
            {
                break;
            }

            contentBytes += bytes.Length;
            while (!bytes.IsEmpty)
            {
                while (pieceLeft == 0)
                {
                    // The pieces' sum is what is stored (SparseMap.Check), so there is one while bytes are left.
                    (offset, pieceLeft) = entry.Pieces![piece++];
                }

                int count = (int)Math.Min(bytes.Length, pieceLeft);
                Check(FileContent.TryWriteAt(file, bytes[..count], offset), "writing", path);
                offset += count;
                pieceLeft -= count;
                bytes = bytes[count..];
            }
        }

        if (entry.Pieces is not null)
        {
            Check(FileContent.TrySetLength(file, entry.Size), "setting the length of", path);
        }
    }

    private void MakeSymlink(int parent, in EntryPath path, TarEntry entry)
    {
        if (entry.LinkName.Length == 0 || entry.LinkName.Length > options.Limits.MaximumPathBytes || entry.LinkName.Contains((byte)0))
        {
            throw ArchiveError.Refused(entry.Name, $"the text of the symbolic link is empty, longer than {options.Limits.MaximumPathBytes} bytes, or holds a NUL");
        }

        // Whatever it says: only what resolves it decides where it leads, and here that is always inside the root.
        Errno errno = FolderEntries.TryMakeSymlink(entry.LinkName, parent, path.Name);
        if (errno == Errno.EEXIST)
        {
            Replace(parent, path);
            errno = FolderEntries.TryMakeSymlink(entry.LinkName, parent, path.Name);
        }

        Check(errno, "making the symbolic link", path);
        EntryAttributes.ApplyWithoutOpening(parent, path, entry);
    }

    private void MakeHardLink(int parent, in EntryPath path, TarEntry entry)
    {
        EntryPath target = EntryPath.Parse(entry.LinkName, entry.Name, options.Limits);
        if (target.IsRoot)
        {
            throw ArchiveError.Refused(entry.Name, "it is a hard link to the root");
        }

        using FileDescriptor targetFolder = parents.OpenOfTarget(target, entry.Name);
        if (FolderEntries.TryStat(targetFolder.Number, target.Name, out FileStatus status) != Errno.None)
        {
            throw ArchiveError.Refused(entry.Name, $"the file it links to, '{EntryName.Show(target.Full)}', is not in the archive before it");
        }

        if (status.Kind == FileKind.Folder)
        {
            throw ArchiveError.Refused(entry.Name, $"it is a hard link to the folder '{EntryName.Show(target.Full)}'");
        }

        Errno errno = FolderEntries.TryLink(targetFolder.Number, target.Name, parent, path.Name);
        if (errno == Errno.EEXIST)
        {
            Check(FolderEntries.TryStat(parent, path.Name, out FileStatus present), "reading the attributes of", path);
            if (present.Device == status.Device && present.Inode == status.Inode)
            {
                return;
            }

            // Replacing a folder can take the target away: then the second attempt says so.
            Replace(parent, path);
            errno = FolderEntries.TryLink(targetFolder.Number, target.Name, parent, path.Name);
        }

        Check(errno, "linking to", path);
    }

    private void MakeNode(int parent, in EntryPath path, TarEntry entry)
    {
        FileKind kind = entry.Kind switch
        {
            TarEntryKind.CharacterDevice => FileKind.CharacterDevice,
            TarEntryKind.BlockDevice => FileKind.BlockDevice,
            _ => FileKind.Fifo,
        };
        if (kind == FileKind.CharacterDevice && entry.Major == 0 && entry.Minor == 0)
        {
            throw ArchiveError.Refused(entry.Name, "a character device 0:0 is how overlayfs hides the files of lower layers");
        }

        Errno errno = FolderEntries.TryMakeNode(parent, path.Name, kind, NewFileMode, entry.Major, entry.Minor);
        if (errno == Errno.EEXIST)
        {
            Replace(parent, path);
            errno = FolderEntries.TryMakeNode(parent, path.Name, kind, NewFileMode, entry.Major, entry.Minor);
        }

        Check(errno, "making the node", path);
        EntryAttributes.ApplyWithoutOpening(parent, path, entry);
    }

    private void Replace(int parent, in EntryPath path)
    {
        _ = FolderRemoval.Remove(parent, path.Name, EntryName.Show(path.Full));
        parents.Forget();
    }

    private static void Check(Errno errno, string operation, in EntryPath path)
    {
        if (errno != Errno.None)
        {
            throw new KernelException(errno, operation, EntryName.Show(path.Full));
        }
    }
}
