using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Layers;

/// <summary>
/// Walks a tree relative to descriptors and writes an entry for each file. Every file is opened by its name once, without following it and without
/// opening what it is (O_PATH); all that is read comes from that descriptor, so that a change of names meanwhile mixes nothing up. Sockets,
/// which no archive holds, and files that vanish meanwhile are left out.
/// </summary>
internal sealed class TreeArchiver : IDisposable
{
    private const int WhiteoutMode = 0x180;
    private readonly TarWriter writer;
    private readonly LayerWriteOptions options;
    private readonly CancellationToken cancellation;
    private readonly HashSet<string> excluded;
    private readonly Stack<Level> levels = new();
    private readonly LinkGroups links = new();
    private readonly ContentReader content;
    private readonly byte[] pathBuffer = new byte[FolderEntries.LongestPath];
    private int pathLength;
    private int topLength;
    private long entries;

    /// <summary>Makes an archiver.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellation">Ends it half way.</param>
    public TreeArchiver(TarWriter writer, LayerWriteOptions options, CancellationToken cancellation)
    {
        this.writer = writer;
        this.options = options;
        this.cancellation = cancellation;
        content = new ContentReader(cancellation);

        // Latin-1 maps bytes to characters one to one.
        excluded = options.Excluded.Select(path => System.Text.Encoding.Latin1.GetString(path)).ToHashSet(StringComparer.Ordinal);
    }

    private ReadOnlySpan<byte> CurrentPath => pathBuffer.AsSpan(0, pathLength);

    private bool IsUpper => options.Source == LayerSourceKind.OverlayUpper;

    private bool IsLayer => options.Source != LayerSourceKind.Files;

    /// <summary>Writes the tree.</summary>
    /// <param name="root">Its root.</param>
    /// <returns>The number of entries.</returns>
    /// <exception cref="EngineException">InvalidData, Busy, LimitExceeded, NotSupported, PermissionDenied or Storage.</exception>
    public long Run(FileDescriptor root)
    {
        using FileDescriptor self = FolderEntries.TryOpen(root.Number, "."u8, LibC.O_PATH | LibC.O_DIRECTORY, 0, out Errno errno)
            ?? throw TreeError.Of(default, new KernelException(errno, "opening", "the root"));
        return Run(self, []);
    }

    /// <summary>Writes one file, or a folder with all below it, under another name.</summary>
    /// <param name="top">The file, opened with O_PATH.</param>
    /// <param name="name">What it is called in the archive; empty for a folder that is its root.</param>
    /// <returns>The number of entries.</returns>
    /// <exception cref="EngineException">As <see cref="Run(FileDescriptor)"/>.</exception>
    public long Run(FileDescriptor top, byte[] name)
    {
        SetPath(0, name);
        topLength = name.Length;
        try
        {
            AddByKind(top, FileInspection.StatusOf(top));
            while (levels.TryPeek(out Level? level))
            {
                cancellation.ThrowIfCancellationRequested();
                if (level.Next == level.Names.Count)
                {
                    levels.Pop().Folder.Dispose();
                    continue;
                }

                Add(level, level.Names[level.Next++]);
            }

            return entries;
        }
        catch (KernelException failure)
        {
            throw TreeError.Of(CurrentPath, failure);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (levels.TryPop(out Level? level))
        {
            level.Folder.Dispose();
        }
    }

    private void Add(Level level, byte[] name)
    {
        SetPath(level.PathLength, name);
        if (excluded.Count > 0 && excluded.Contains(System.Text.Encoding.Latin1.GetString(CurrentPath)))
        {
            return;
        }

        FileDescriptor? mounted = null;
        bool isMounted = options.Mounts?.Invoke(CurrentPath[(topLength == 0 ? 0 : topLength + 1)..], out mounted) == true;
        Errno errno = Errno.None;
        using FileDescriptor? file = mounted?.Duplicate()
            ?? FolderEntries.TryOpen2(level.Folder.Number, name, LibC.O_PATH | LibC.O_NOFOLLOW, IsLayer ? ResolveFlags.NoXdev : ResolveFlags.Beneath, out errno);
        if (file is null)
        {
            if (errno == Errno.ENOENT)
            {
                return;
            }

            throw errno == Errno.EXDEV ? TreeError.MountedHere(CurrentPath) : new KernelException(errno, "opening", EntryName.Show(CurrentPath));
        }

        FileStatus status = FileInspection.StatusOf(file);
        if (IsLayer && name.AsSpan().StartsWith(".wh."u8))
        {
            throw TreeError.Refused(CurrentPath, "in a layer, names that start with '.wh.' mark removals. Rename it, or leave it out");
        }

        if (isMounted && mounted is null)
        {
            if (status.Kind == FileKind.Folder)
            {
                Begin(Entry(CurrentPath, TarEntryKind.Folder, status, []));
            }
        }
        else if (IsLayer && Whiteouts.IsWhiteout(status))
        {
            AddWhiteout(level, name, status);
        }
        else
        {
            AddByKind(file, status);
        }
    }

    private void AddByKind(FileDescriptor file, in FileStatus status)
    {
        switch (status.Kind)
        {
            case FileKind.Folder:
                AddFolder(file, status);
                break;
            case FileKind.Regular or FileKind.Symlink or FileKind.CharacterDevice or FileKind.BlockDevice or FileKind.Fifo:
                AddFile(file, status);
                break;
        }
    }

    private void AddFolder(FileDescriptor file, in FileStatus status)
    {
        IReadOnlyList<ExtendedAttribute> attributes = ReadAttributes(file, out OverlayMarks marks);
        Begin(Entry(pathLength == 0 ? "./"u8 : CurrentPath, TarEntryKind.Folder, status, attributes));
        if (IsUpper && marks.HasFlag(OverlayMarks.Opaque))
        {
            Begin(Whiteout(Joined(pathLength, Whiteouts.Opaque), status));
        }

        FileDescriptor folder = FileInspection.TryReopen(file, LibC.O_RDONLY | LibC.O_DIRECTORY, out Errno errno)
            ?? throw new KernelException(errno, "opening", EntryName.Show(CurrentPath));
        try
        {
            levels.Push(new Level(folder, ReadNames(folder), pathLength));
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    private void AddWhiteout(Level level, ReadOnlySpan<byte> name, in FileStatus status)
    {
        if (!IsUpper)
        {
            throw TreeError.Refused(CurrentPath, "a character device 0:0 is how overlayfs hides the files of lower layers; the folder is no root file system but one of an overlay's layers");
        }

        Begin(Whiteout(Joined(level.PathLength, [.. Whiteouts.Prefix, .. name]), status));
    }

    private void AddFile(FileDescriptor file, in FileStatus status)
    {
        if (links.TryFind(status, out byte[]? first))
        {
            Begin(Entry(CurrentPath, TarEntryKind.HardLink, status, [], first));
            return;
        }

        IReadOnlyList<ExtendedAttribute> attributes = ReadAttributes(file, out _);
        switch (status.Kind)
        {
            case FileKind.Regular:
                AddRegular(file, status, attributes);
                break;
            case FileKind.Symlink:
                Errno errno = FileInspection.TryReadLink(file, out byte[] text);
                Begin(Entry(
                    CurrentPath, TarEntryKind.Symlink, status, attributes,
                    errno == Errno.None ? text : throw new KernelException(errno, "reading the symbolic link", EntryName.Show(CurrentPath))));
                break;
            case FileKind.CharacterDevice:
                Begin(Entry(CurrentPath, TarEntryKind.CharacterDevice, status, attributes));
                break;
            case FileKind.BlockDevice:
                Begin(Entry(CurrentPath, TarEntryKind.BlockDevice, status, attributes));
                break;
            case FileKind.Fifo:
                Begin(Entry(CurrentPath, TarEntryKind.Fifo, status, attributes));
                break;
        }

        links.Remember(status, CurrentPath);
    }

    private void AddRegular(FileDescriptor file, in FileStatus status, IReadOnlyList<ExtendedAttribute> attributes)
    {
        // Holes are written as zeros: of GNU's sparse formats Docker (20.10) unpacks a layer, but its `docker save` then fails to verify it.
        using FileDescriptor open = ContentReader.Open(file, CurrentPath);
        IReadOnlyList<SparsePiece>? pieces = options.KeepsHoles && status.DiskSize < status.Size ? HoleMap.Read(open, status.Size, options.Limits.MaximumSparsePieces) : null;
        Begin(Entry(CurrentPath, TarEntryKind.Regular, status, attributes, pieces: pieces));
        foreach (SparsePiece piece in pieces ?? [new SparsePiece(0, status.Size)])
        {
            if (!content.TryCopy(open, piece, writer))
            {
                throw TreeError.Changed(CurrentPath);
            }
        }
    }

    private void Begin(TarEntry entry)
    {
        if (++entries > options.Limits.MaximumEntries)
        {
            throw TreeError.TooMany(options.Limits.MaximumEntries);
        }

        writer.Begin(entry);
    }

    private (uint Uid, uint Gid) OwnerOf(in FileStatus status) => options.NewOwner ?? options.Owners?.Inside(status.Uid, status.Gid) ?? (status.Uid, status.Gid);

    private TarEntry Entry(ReadOnlySpan<byte> path, TarEntryKind kind, in FileStatus status, IReadOnlyList<ExtendedAttribute> attributes, byte[]? link = null, IReadOnlyList<SparsePiece>? pieces = null) => new()
    {
        Name = path.ToArray(),
        Kind = kind,
        LinkName = link ?? [],
        Mode = ModeOf(status),
        Uid = OwnerOf(status).Uid,
        Gid = OwnerOf(status).Gid,
        Size = kind == TarEntryKind.Regular ? status.Size : 0,
        StoredSize = kind == TarEntryKind.Regular ? pieces?.Sum(piece => piece.Length) ?? status.Size : 0,
        Pieces = pieces,
        Times = TimesOf(status),
        Major = status.Major,
        Minor = status.Minor,
        Attributes = attributes,
    };

    private int ModeOf(in FileStatus status) => options.NewOwner is null ? status.Mode : status.Kind switch
    {
        FileKind.Folder => status.Mode & 0x3FF,
        FileKind.CharacterDevice or FileKind.BlockDevice => status.Mode & 0x1C0,
        _ => status.Mode & 0x1FF,
    };

    private TarEntry Whiteout(byte[] path, in FileStatus status) => new() { Name = path, Kind = TarEntryKind.Regular, Mode = WhiteoutMode, Times = TimesOf(status) };

    private FileTimes TimesOf(in FileStatus status) => options.LatestTime is { } latest && status.ModifiedSeconds >= latest
        ? new FileTimes(null, 0, latest, 0)
        : new FileTimes(null, 0, status.ModifiedSeconds, (int)status.ModifiedNanoseconds);

    private IReadOnlyList<ExtendedAttribute> ReadAttributes(FileDescriptor file, out OverlayMarks marks)
    {
        IReadOnlyList<ExtendedAttribute> attributes = LayerAttributes.Read(file, out marks);
        if (IsLayer && (marks & ~OverlayMarks.Opaque) != OverlayMarks.None)
        {
            throw TreeError.NotWhole(CurrentPath, marks);
        }

        return options.NewOwner is null ? attributes : [.. attributes.Where(attribute => !attribute.Name.AsSpan().SequenceEqual("security.capability"u8))];
    }

    private List<byte[]> ReadNames(FileDescriptor folder)
    {
        var names = new List<byte[]>();
        var listing = new FolderListing(folder, EntryName.Show(CurrentPath));
        while (listing.Next(out ReadOnlySpan<byte> name, out _))
        {
            if (names.Count == options.Limits.MaximumEntries)
            {
                throw TreeError.TooMany(options.Limits.MaximumEntries);
            }

            names.Add(name.ToArray());
        }

        names.Sort((one, other) => one.AsSpan().SequenceCompareTo(other));
        return names;
    }

    private void SetPath(int parentLength, ReadOnlySpan<byte> name)
    {
        int start = parentLength == 0 ? 0 : parentLength + 1;
        if (start + name.Length > pathBuffer.Length)
        {
            pathLength = parentLength;
            throw TreeError.Refused(CurrentPath, $"the path of a file in it has more than {pathBuffer.Length} bytes");
        }

        if (start > 0)
        {
            pathBuffer[parentLength] = (byte)'/';
        }

        name.CopyTo(pathBuffer.AsSpan(start));
        pathLength = start + name.Length;
    }

    private byte[] Joined(int parentLength, ReadOnlySpan<byte> name) => parentLength == 0 ? name.ToArray() : [.. pathBuffer.AsSpan(0, parentLength), (byte)'/', .. name];

    private sealed class Level(FileDescriptor folder, List<byte[]> names, int pathLength)
    {
        public FileDescriptor Folder { get; } = folder;

        public List<byte[]> Names { get; } = names;

        public int Next { get; set; }

        public int PathLength { get; } = pathLength;
    }
}
