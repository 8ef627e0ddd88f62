using Containers.Interop;

namespace Containers.Engine.Layers;

/// <summary>
/// Reads a tar archive as a stream, entry by entry, in bounded memory: V7, ustar, pax with global headers, GNU with long names, numbers in
/// base 256 and all of its sparse formats. What it does not understand it refuses; it never guesses where the next header is.
/// </summary>
/// <param name="source">The archive, decompressed.</param>
/// <param name="limits">The bounds.</param>
internal sealed class TarReader(ChunkSource source, ExtractionLimits limits)
{
    private readonly TarInput input = new(source);
    private readonly PaxAttributes global = new(limits);
    private readonly byte[] headerBlock = new byte[TarHeader.BlockSize];
    private long contentLeft;
    private long padding;
    private byte[]? currentName;

    /// <summary>The place in the archive where the present entry's content goes on.</summary>
    public long ContentOffset => input.Position;

    /// <summary>Goes on to the next entry, passing over what was not read of the present one's content.</summary>
    /// <returns>The entry, or null at the archive's end.</returns>
    /// <exception cref="EngineException">InvalidData, LimitExceeded, NotSupported.</exception>
    public TarEntry? Next()
    {
        SkipContent();
        PaxAttributes? pax = null;
        byte[]? longName = null;
        byte[]? longLink = null;
        for (int extensions = 0; ; extensions++)
        {
            if (extensions > 16)
            {
                throw ArchiveError.Damaged("an entry has more than 16 extended headers");
            }

            // Copied, since reading on (a long name, a sparse file's map) invalidates the input's own.
            input.ReadBlock("a header").CopyTo(headerBlock);
            var header = new TarHeader(headerBlock);
            if (header.IsZero)
            {
                CheckEnd(extensions > 0 && (pax ?? (object?)longName ?? longLink) is not null);
                return null;
            }

            if (!header.HasValidChecksum)
            {
                throw ArchiveError.Damaged("a header's checksum is wrong, or it is no tar archive");
            }

            switch (header.Type)
            {
                case (byte)'x' or (byte)'X':
                    pax ??= new PaxAttributes(global);
                    pax.Apply(ReadExtension(header, "a pax header"), isGlobal: false);
                    break;
                case (byte)'g':
                    global.Apply(ReadExtension(header, "a global pax header"), isGlobal: true);
                    break;
                case (byte)'L':
                    longName = TrimNul(ReadExtension(header, "a long name"));
                    break;
                case (byte)'K':
                    longLink = TrimNul(ReadExtension(header, "a long link name"));
                    break;
                case (byte)'V':
                    SetContent(header.Size, header.Name);
                    SkipContent();
                    break;
                default:
                    return MakeEntry(header, pax ?? global, longName, longLink);
            }
        }
    }

    /// <summary>The next piece of the present entry's stored content, not copied.</summary>
    /// <returns>At least one byte, or nothing at its end. Valid until the next call.</returns>
    /// <exception cref="EngineException">InvalidData where the archive ends within it.</exception>
    public ReadOnlySpan<byte> ReadContent()
    {
        if (contentLeft == 0)
        {
            return default;
        }

        ReadOnlySpan<byte> piece = input.Read(contentLeft);
        if (piece.IsEmpty)
        {
            throw ArchiveError.Refused(currentName, $"the archive ends {ByteCount.Show(contentLeft)} before the end of its content");
        }

        contentLeft -= piece.Length;
        return piece;
    }

    /// <summary>Reads what follows the archive's end, which is padding, to the end of the stream.</summary>
    public void Drain()
    {
        while (!input.Read(long.MaxValue).IsEmpty)
        {
        }
    }

    private static byte[] TrimNul(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf((byte)0);
        return (end < 0 ? text : text[..end]).ToArray();
    }

    // One block of zeros and then the end of the stream is a common short form; a header after it is not an archive's end.
    private void CheckEnd(bool hasPendingExtension)
    {
        if (hasPendingExtension)
        {
            throw ArchiveError.Damaged("it ends after an extended header, before the entry that this belongs to");
        }

        ReadOnlySpan<byte> second = input.TryReadBlock();
        if (!second.IsEmpty && !new TarHeader(second).IsZero)
        {
            throw ArchiveError.Damaged("a block of zeros stands between its entries");
        }
    }

    private byte[] ReadExtension(in TarHeader header, string what)
    {
        long size = header.Size;
        if (size < 0 || size > limits.MaximumHeaderBytes)
        {
            throw size < 0 ? ArchiveError.Damaged($"{what} has a negative size")
                : ArchiveError.Limit($"{what} is longer than {ByteCount.Show(limits.MaximumHeaderBytes)}");
        }

        byte[] body = new byte[size];
        SetContent(size, header.Name);
        int done = 0;
        while (done < body.Length)
        {
            ReadOnlySpan<byte> piece = ReadContent();
            piece.CopyTo(body.AsSpan(done));
            done += piece.Length;
        }

        SkipContent();
        return body;
    }

    private TarEntry MakeEntry(in TarHeader header, PaxAttributes pax, byte[]? longName, byte[]? longLink)
    {
        byte[] name = pax.Sparse?.Name ?? pax.Path ?? longName ?? header.Name;
        byte[] linkName = pax.LinkPath ?? longLink ?? header.LinkName;
        TarEntryKind kind = KindOf(header, name);
        bool hasContent = kind == TarEntryKind.Regular || header.Type == 'D';
        long size = pax.Size ?? header.Size;
        if (size < 0)
        {
            throw ArchiveError.Refused(name, "its size is negative");
        }

        // Sizes of links, folders and nodes say nothing: no content follows them (POSIX ustar).
        SetContent(hasContent ? size : 0, name);
        long realSize = hasContent && kind == TarEntryKind.Regular ? size : 0;
        IReadOnlyList<SparsePiece>? pieces = null;
        if (kind == TarEntryKind.Regular && (header.Type == 'S' || pax.Sparse is not null))
        {
            (pieces, realSize) = ReadSparse(header, pax, name);
        }

        (long seconds, int nanoseconds) = pax.Modified ?? (header.Modified, 0);
        return new TarEntry
        {
            Name = name,
            LinkName = linkName,
            Kind = kind,
            Mode = (int)(header.Mode & 0xfff),
            Uid = Owner(pax.Uid ?? header.Uid, "owner", name),
            Gid = Owner(pax.Gid ?? header.Gid, "group", name),
            Size = realSize,
            StoredSize = contentLeft,
            Times = new FileTimes(pax.Accessed?.Seconds, pax.Accessed?.Nanoseconds ?? 0, seconds, nanoseconds),
            Major = Device(kind, pax.Major ?? header.Major, 0xfff, name),
            Minor = Device(kind, pax.Minor ?? header.Minor, 0xfffff, name),
            Pieces = pieces,
            Attributes = pax.Attributes.Count == 0 ? [] : [.. pax.Attributes],
        };
    }

    private (IReadOnlyList<SparsePiece> Pieces, long RealSize) ReadSparse(in TarHeader header, PaxAttributes pax, byte[] name)
    {
        if (header.Type == 'S')
        {
            if (!header.IsGnu)
            {
                throw ArchiveError.Refused(name, "it is a sparse file of another format than GNU's, which the engine does not read");
            }

            long headerRealSize = header.SparseRealSize;
            IReadOnlyList<SparsePiece> old = SparseMap.ReadOldGnu(input, header, limits);
            return (SparseMap.Check(old, headerRealSize, contentLeft, name), headerRealSize);
        }

        PaxSparse sparse = pax.Sparse!;
        IReadOnlyList<SparsePiece>? pieces = sparse.IsMapInContent ? SparseMap.ReadFromContent(this, limits) : sparse.Pieces;
        long realSize = sparse.RealSize ?? throw ArchiveError.Refused(name, "it is a sparse file whose length is not given");
        return pieces is null ? throw ArchiveError.Refused(name, "it is a sparse file without a map")
            : (SparseMap.Check(pieces, realSize, contentLeft, name), realSize);
    }

    /// <summary>Reads exactly as much of the content as a block, for the map of sparse format 1.0.</summary>
    internal ReadOnlySpan<byte> ReadContentBlock()
    {
        if (contentLeft < TarHeader.BlockSize)
        {
            throw ArchiveError.Refused(currentName, "it is a sparse file whose map is longer than its content");
        }

        contentLeft -= TarHeader.BlockSize;
        return input.ReadBlock("a sparse file's map");
    }

    private static TarEntryKind KindOf(in TarHeader header, ReadOnlySpan<byte> name) => header.Type switch
    {
        // V7 has no type for folders but a slash after the name.
        (byte)'0' or (byte)'7' when name.EndsWith("/"u8) => header.Size == 0 ? TarEntryKind.Folder
            : throw ArchiveError.Refused(name, "its name is a folder's, but it has content"),
        (byte)'0' or (byte)'7' or (byte)'S' => TarEntryKind.Regular,
        (byte)'1' => TarEntryKind.HardLink,
        (byte)'2' => TarEntryKind.Symlink,
        (byte)'3' => TarEntryKind.CharacterDevice,
        (byte)'4' => TarEntryKind.BlockDevice,
        (byte)'5' or (byte)'D' => TarEntryKind.Folder,
        (byte)'6' => TarEntryKind.Fifo,
        (byte)'M' => throw ArchiveError.Refused(name, "it goes on from another volume; join the volumes first"),
        var other => throw ArchiveError.Refused(name, $"its type '{EntryName.Show([other])}' is none that a file system can hold"),
    };

    // The kernel takes the highest number as "leave as it is".
    private static uint Owner(long number, string what, ReadOnlySpan<byte> name) => number is >= 0 and < uint.MaxValue
        ? (uint)number
        : throw ArchiveError.Refused(name, $"its {what}'s number {number} is not within 0 to {uint.MaxValue - 1}");

    private static uint Device(TarEntryKind kind, long number, uint maximum, ReadOnlySpan<byte> name)
    {
        if (kind is not (TarEntryKind.CharacterDevice or TarEntryKind.BlockDevice))
        {
            return 0;
        }

        return number >= 0 && number <= maximum ? (uint)number
            : throw ArchiveError.Refused(name, $"its device number {number} is not within 0 to {maximum}");
    }

    private void SetContent(long size, byte[] name)
    {
        if (size < 0 || size > long.MaxValue - TarHeader.BlockSize)
        {
            throw ArchiveError.Refused(name, "its size is out of range");
        }

        contentLeft = size;
        padding = -size & (TarHeader.BlockSize - 1);
        currentName = name;
    }

    private void SkipContent()
    {
        contentLeft -= input.Skip(contentLeft);
        while (contentLeft > 0)
        {
            _ = ReadContent();
        }

        while (padding > 0)
        {
            ReadOnlySpan<byte> piece = input.Read(padding);
            if (piece.IsEmpty)
            {
                throw ArchiveError.Refused(currentName, "the archive ends within the padding of its content");
            }

            padding -= piece.Length;
        }
    }
}
