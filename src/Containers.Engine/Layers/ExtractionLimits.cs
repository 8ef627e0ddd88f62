namespace Containers.Engine.Layers;

/// <summary>The bounds within which an archive is unpacked; reaching one ends it with <see cref="EngineErrorReason.LimitExceeded"/>.</summary>
internal sealed record ExtractionLimits
{
    /// <summary>The bounds where nothing else is said.</summary>
    public static ExtractionLimits Default { get; } = new();

    /// <summary>Bytes of the archive, counted before and after decompression.</summary>
    public long MaximumBytes { get; init; } = 128L << 30;

    /// <summary>Files, folders (those made because an entry lies in them too), links and nodes.</summary>
    public long MaximumEntries { get; init; } = 2_000_000;

    /// <summary>Bytes after decompression for each byte before. Gzip reaches 1,030 at most; real layers stay under 20.</summary>
    public int MaximumRatio { get; init; } = 200;

    /// <summary>Bytes after decompression that are free of <see cref="MaximumRatio"/>.</summary>
    public long RatioFloor { get; init; } = 1L << 30;

    /// <summary>Bytes of one pax header or GNU long name, all its records together.</summary>
    public int MaximumHeaderBytes { get; init; } = 4 << 20;

    /// <summary>Bytes of one extended attribute's value. The kernel takes 65,536.</summary>
    public int MaximumAttributeBytes { get; init; } = 65_536;

    /// <summary>Extended attributes of one entry.</summary>
    public int MaximumAttributes { get; init; } = 256;

    /// <summary>Pieces of one sparse file.</summary>
    public int MaximumSparsePieces { get; init; } = 1_000_000;

    /// <summary>Bytes of all folders' paths together, which are remembered until the end for the folders' times.</summary>
    public int MaximumFolderPathBytes { get; init; } = 256 << 20;

    /// <summary>Bytes of one path or link target. The kernel takes 4,095.</summary>
    public int MaximumPathBytes { get; init; } = Interop.FolderEntries.LongestPath;

    /// <summary>Checks what the decompression has yielded so far.</summary>
    /// <param name="read">Bytes of the archive as it comes.</param>
    /// <param name="total">Bytes after decompression.</param>
    /// <exception cref="EngineException">LimitExceeded.</exception>
    public void CheckExpansion(long read, long total)
    {
        if (total > MaximumBytes)
        {
            throw ArchiveError.Limit($"it holds more than {ByteCount.Show(MaximumBytes)}");
        }

        read = Math.Max(1, read);
        if (total > RatioFloor && total / MaximumRatio > read)
        {
            throw ArchiveError.Limit($"{ByteCount.Show(read)} of it became {ByteCount.Show(total)}, more than {MaximumRatio} times as much, as a decompression bomb does");
        }
    }
}
