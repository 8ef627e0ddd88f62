namespace Containers.Engine.Layers;

/// <summary>One header block of 512 bytes, field by field (POSIX ustar; GNU and V7 where they differ).</summary>
/// <param name="block">The block.</param>
internal readonly ref struct TarHeader(ReadOnlySpan<byte> block)
{
    /// <summary>Bytes of a block.</summary>
    public const int BlockSize = 512;

    private readonly ReadOnlySpan<byte> block = block;

    /// <summary>The entry's type character; NUL from V7 is given as '0'.</summary>
    public byte Type => block[156] == 0 ? (byte)'0' : block[156];

    /// <summary>Whether it is GNU's own format, which uses the prefix's place for other things.</summary>
    public bool IsGnu => block.Slice(257, 8).SequenceEqual("ustar  \0"u8);

    /// <summary>Whether it is POSIX's, with a prefix.</summary>
    public bool IsUstar => block.Slice(257, 6).SequenceEqual("ustar\0"u8);

    /// <summary>Whether all is zero, as at the archive's end.</summary>
    public bool IsZero => !block.ContainsAnyExcept((byte)0);

    /// <summary>Whether the checksum is right: the sum of all bytes, the checksum's own taken as blanks. Old writers summed signed bytes.</summary>
    public bool HasValidChecksum
    {
        get
        {
            if (!TarNumber.TryField(block.Slice(148, 8), out long expected))
            {
                return false;
            }

            long sum = 0;
            long signedSum = 0;
            for (int i = 0; i < BlockSize; i++)
            {
                byte value = i is >= 148 and < 156 ? (byte)' ' : block[i];
                sum += value;
                signedSum += (sbyte)value;
            }

            return expected == sum || expected == signedSum;
        }
    }

    /// <summary>The header's own name with its prefix.</summary>
    public byte[] Name
    {
        get
        {
            ReadOnlySpan<byte> name = Text(0, 100);
            if (!IsUstar)
            {
                return name.ToArray();
            }

            // star marks its headers at the end and has times where the prefix ends.
            ReadOnlySpan<byte> prefix = Text(345, block.Slice(508, 4).SequenceEqual("tar\0"u8) ? 131 : 155);
            return prefix.IsEmpty ? name.ToArray() : [.. prefix, (byte)'/', .. name];
        }
    }

    /// <summary>The header's own link target.</summary>
    public byte[] LinkName => Text(157, 100).ToArray();

    /// <summary>Permission bits.</summary>
    public long Mode => Number(100, 8, "mode");

    /// <summary>The owner.</summary>
    public long Uid => Number(108, 8, "owner");

    /// <summary>The group.</summary>
    public long Gid => Number(116, 8, "group");

    /// <summary>Bytes of content in the archive.</summary>
    public long Size => Number(124, 12, "size");

    /// <summary>Last change in seconds since 1970.</summary>
    public long Modified => Number(136, 12, "time");

    /// <summary>A device's major number.</summary>
    public long Major => IsGnu || IsUstar ? Number(329, 8, "device number") : 0;

    /// <summary>A device's minor number.</summary>
    public long Minor => IsGnu || IsUstar ? Number(337, 8, "device number") : 0;

    /// <summary>GNU's old sparse format: the file's length with its holes.</summary>
    public long SparseRealSize => Number(483, 12, "size");

    /// <summary>GNU's old sparse format: the four pieces in the header.</summary>
    public ReadOnlySpan<byte> SparsePieces => block.Slice(386, 96);

    /// <summary>GNU's old sparse format: whether blocks with more pieces follow.</summary>
    public bool HasMoreSparsePieces => block[482] != 0;

    private ReadOnlySpan<byte> Text(int offset, int length)
    {
        ReadOnlySpan<byte> field = block.Slice(offset, length);
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    private long Number(int offset, int length, string what) => TarNumber.TryField(block.Slice(offset, length), out long number)
        ? number
        : throw ArchiveError.Refused(Name, $"its {what} '{EntryName.Show(block.Slice(offset, length))}' is not a number in range");
}
