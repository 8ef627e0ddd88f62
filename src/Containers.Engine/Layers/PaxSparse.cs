namespace Containers.Engine.Layers;

/// <summary>What the GNU.sparse records of a pax header say: formats 0.0 and 0.1 hold the map here, 1.0 before the content.</summary>
/// <param name="limits">The bounds.</param>
internal sealed class PaxSparse(ExtractionLimits limits)
{
    private readonly List<SparsePiece> pieces = [];
    private long? openOffset;
    private bool hasMap;
    private long? major;
    private long? minor;

    /// <summary>The file's own name; the header's is a made-up one, for readers that know no sparse files.</summary>
    public byte[]? Name { get; private set; }

    /// <summary>The file's length with its holes.</summary>
    public long? RealSize { get; private set; }

    /// <summary>Whether the map stands before the content (format 1.0).</summary>
    public bool IsMapInContent => major == 1 && minor == 0;

    /// <summary>The map of formats 0.0 and 0.1, or null.</summary>
    public IReadOnlyList<SparsePiece>? Pieces => hasMap ? pieces : null;

    /// <summary>Takes over one record.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="EngineException">InvalidData, LimitExceeded.</exception>
    public void Apply(string key, ReadOnlySpan<byte> value)
    {
        switch (key)
        {
            case "GNU.sparse.name":
                Name = value.ToArray();
                break;
            case "GNU.sparse.size" or "GNU.sparse.realsize":
                RealSize = Number(key, value);
                break;
            case "GNU.sparse.major":
                major = Number(key, value);
                break;
            case "GNU.sparse.minor":
                minor = Number(key, value);
                break;
            case "GNU.sparse.numblocks":
                _ = Number(key, value);
                hasMap = true;
                break;
            case "GNU.sparse.offset":
                openOffset = Number(key, value);
                break;
            case "GNU.sparse.numbytes":
                Add(openOffset ?? throw ArchiveError.Damaged("a sparse file's map has a length without an offset"), Number(key, value));
                openOffset = null;
                break;
            case "GNU.sparse.map":
                ReadMap(value);
                break;
        }

        if (major > 1 || (major == 1 && minor > 0))
        {
            throw new EngineException(EngineErrorReason.NotSupported, "archive", $"The archive has sparse files in GNU's format {major}.{minor}; the engine reads 0.0, 0.1 and 1.0.");
        }
    }

    private static long Number(string key, ReadOnlySpan<byte> value) => TarNumber.TryDecimal(value, out long number) ? number
        : throw ArchiveError.Damaged($"the pax header's {key} '{EntryName.Show(value)}' is not a number in range");

    private void ReadMap(ReadOnlySpan<byte> value)
    {
        pieces.Clear();
        hasMap = true;
        long? offset = null;
        foreach (Range range in value.Split((byte)','))
        {
            if (value[range].IsEmpty && value.IsEmpty)
            {
                break;
            }

            long number = Number("GNU.sparse.map", value[range]);
            if (offset is null)
            {
                offset = number;
            }
            else
            {
                Add(offset.Value, number);
                offset = null;
            }
        }

        if (offset is not null)
        {
            throw ArchiveError.Damaged("a sparse file's map has an offset without a length");
        }
    }

    private void Add(long offset, long length)
    {
        hasMap = true;
        pieces.Add(new SparsePiece(offset, length));
        if (pieces.Count > limits.MaximumSparsePieces)
        {
            throw ArchiveError.Limit($"a sparse file has more than {limits.MaximumSparsePieces} pieces");
        }
    }
}
