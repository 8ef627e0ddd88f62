namespace Containers.Engine.Layers;

/// <summary>Reads and checks the maps of sparse files (GNU tar manual, "Storing Sparse Files").</summary>
internal static class SparseMap
{
    private const int PieceSize = 24;
    private const int PiecesOfBlock = 21;
    private const int LongestNumber = 20;

    /// <summary>The old GNU format: four pieces in the header, 21 in each block that follows.</summary>
    public static List<SparsePiece> ReadOldGnu(TarInput input, in TarHeader header, ExtractionLimits limits)
    {
        var pieces = new List<SparsePiece>();
        bool hasMore = header.HasMoreSparsePieces;
        AddPieces(pieces, header.SparsePieces, limits);
        while (hasMore)
        {
            ReadOnlySpan<byte> block = input.ReadBlock("a sparse file's map");
            AddPieces(pieces, block[..(PiecesOfBlock * PieceSize)], limits);
            hasMore = block[PiecesOfBlock * PieceSize] != 0;

            // Only the limit on pieces ends a map of empty blocks otherwise.
            if (hasMore && block[..PieceSize].TrimStart(" \0"u8).IsEmpty)
            {
                throw ArchiveError.Damaged("a sparse file's map has an empty block in its middle");
            }
        }

        return pieces;
    }

    /// <summary>Format 1.0: decimal numbers on lines of their own before the content, padded to a block.</summary>
    public static List<SparsePiece> ReadFromContent(TarReader reader, ExtractionLimits limits)
    {
        ReadOnlySpan<byte> block = default;
        long count = ReadLine(reader, ref block);
        if (count > limits.MaximumSparsePieces)
        {
            throw TooManyPieces(limits);
        }

        var pieces = new List<SparsePiece>();
        for (long i = 0; i < count; i++)
        {
            long offset = ReadLine(reader, ref block);
            pieces.Add(new SparsePiece(offset, ReadLine(reader, ref block)));
        }

        return pieces;
    }

    /// <summary>Checks that pieces lie in order within the file, do not overlap, and hold just what is stored.</summary>
    public static IReadOnlyList<SparsePiece> Check(IReadOnlyList<SparsePiece> pieces, long realSize, long storedSize, ReadOnlySpan<byte> name)
    {
        long end = 0;
        long stored = 0;
        foreach (SparsePiece piece in pieces)
        {
            if (piece.Offset < end || piece.Length < 0 || piece.Length > realSize - piece.Offset)
            {
                throw ArchiveError.Refused(name, "it is a sparse file whose pieces overlap or lie outside of it");
            }

            end = piece.Offset + piece.Length;
            stored += piece.Length;
        }

        return realSize >= 0 && stored == storedSize ? pieces
            : throw ArchiveError.Refused(name, $"it is a sparse file whose pieces hold {stored} bytes while {storedSize} are stored");
    }

    private static void AddPieces(List<SparsePiece> pieces, ReadOnlySpan<byte> fields, ExtractionLimits limits)
    {
        for (; !fields.IsEmpty; fields = fields[PieceSize..])
        {
            // The first unused one ends the map.
            if (fields[0] == 0)
            {
                return;
            }

            if (!TarNumber.TryField(fields[..12], out long offset) || !TarNumber.TryField(fields.Slice(12, 12), out long length))
            {
                throw ArchiveError.Damaged("a sparse file's map holds what is not a number in range");
            }

            pieces.Add(new SparsePiece(offset, length));
            if (pieces.Count > limits.MaximumSparsePieces)
            {
                throw TooManyPieces(limits);
            }
        }
    }

    private static long ReadLine(TarReader reader, ref ReadOnlySpan<byte> block)
    {
        Span<byte> digits = stackalloc byte[LongestNumber];
        for (int length = 0; length < LongestNumber; length++)
        {
            if (block.IsEmpty)
            {
                block = reader.ReadContentBlock();
            }

            byte next = block[0];
            block = block[1..];
            if (next == (byte)'\n')
            {
                return TarNumber.TryDecimal(digits[..length], out long number) ? number : throw Malformed();
            }

            digits[length] = next;
        }

        throw Malformed();
    }

    private static EngineException Malformed() => ArchiveError.Damaged("a sparse file's map holds what is not a number in range");

    private static EngineException TooManyPieces(ExtractionLimits limits) =>
        ArchiveError.Limit($"a sparse file has more than {limits.MaximumSparsePieces} pieces");
}
