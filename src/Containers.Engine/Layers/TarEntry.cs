namespace Containers.Engine.Layers;

/// <summary>What an entry of an archive is.</summary>
internal enum TarEntryKind
{
    /// <summary>A regular file with its content.</summary>
    Regular,

    /// <summary>Another name of a file that came before.</summary>
    HardLink,

    /// <summary>A symbolic link.</summary>
    Symlink,

    /// <summary>A character device node.</summary>
    CharacterDevice,

    /// <summary>A block device node.</summary>
    BlockDevice,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A named pipe.</summary>
    Fifo,
}

/// <summary>A piece of a sparse file that holds data; what lies between pieces is a hole.</summary>
/// <param name="Offset">Its place in the file.</param>
/// <param name="Length">Its bytes.</param>
internal readonly record struct SparsePiece(long Offset, long Length);

/// <summary>An extended attribute.</summary>
/// <param name="Name">Its name with the namespace, as <c>security.capability</c>.</param>
/// <param name="Value">Its value.</param>
internal readonly record struct ExtendedAttribute(byte[] Name, byte[] Value);

/// <summary>One entry of an archive, all header formats resolved. Names are bytes.</summary>
internal sealed record TarEntry
{
    /// <summary>The path as the archive has it: not yet checked.</summary>
    public required byte[] Name { get; init; }

    /// <summary>What it is.</summary>
    public required TarEntryKind Kind { get; init; }

    /// <summary>A symbolic link's text, or the path of the file that a hard link joins.</summary>
    public byte[] LinkName { get; init; } = [];

    /// <summary>Permission bits with setuid, setgid and sticky (07777).</summary>
    public int Mode { get; init; }

    /// <summary>The owner.</summary>
    public uint Uid { get; init; }

    /// <summary>The group.</summary>
    public uint Gid { get; init; }

    /// <summary>A file's length; with <see cref="Pieces"/>, holes included.</summary>
    public long Size { get; init; }

    /// <summary>Bytes of content that the archive holds.</summary>
    public long StoredSize { get; init; }

    /// <summary>Last change and, where the archive has it, last access.</summary>
    public Interop.FileTimes Times { get; init; }

    /// <summary>A device's major number.</summary>
    public uint Major { get; init; }

    /// <summary>A device's minor number.</summary>
    public uint Minor { get; init; }

    /// <summary>A sparse file's pieces in order, or null for a file without holes.</summary>
    public IReadOnlyList<SparsePiece>? Pieces { get; init; }

    /// <summary>Extended attributes.</summary>
    public IReadOnlyList<ExtendedAttribute> Attributes { get; init; } = [];
}
