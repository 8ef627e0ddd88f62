namespace Containers.Engine.Layers;

/// <summary>Cuts the pieces of a source into blocks and runs of content.</summary>
/// <param name="source">The source; stays the caller's.</param>
internal sealed class TarInput(ChunkSource source)
{
    private readonly byte[] joined = new byte[TarHeader.BlockSize];
    private ReadOnlyMemory<byte> rest;

    /// <summary>Bytes read and passed over so far: the place of the next byte in the archive.</summary>
    public long Position { get; private set; }

    /// <summary>The next bytes, not copied.</summary>
    /// <param name="atMost">How many at most.</param>
    /// <returns>At least one byte, or nothing at the end. Valid until the next call.</returns>
    public ReadOnlySpan<byte> Read(long atMost)
    {
        if (rest.IsEmpty)
        {
            rest = source.Next();
        }

        int count = (int)Math.Min(atMost, rest.Length);
        ReadOnlySpan<byte> piece = rest.Span[..count];
        rest = rest[count..];
        Position += count;
        return piece;
    }

    /// <summary>Passes over bytes without reading them, as far as the source can.</summary>
    /// <param name="count">How many at most.</param>
    /// <returns>How many were passed over.</returns>
    public long Skip(long count)
    {
        int held = (int)Math.Min(count, rest.Length);
        rest = rest[held..];
        long skipped = count > held ? held + source.Skip(count - held) : held;
        Position += skipped;
        return skipped;
    }

    /// <summary>The next block.</summary>
    /// <param name="what">What it should be, for the message.</param>
    /// <returns>512 bytes, valid until the next call.</returns>
    /// <exception cref="EngineException">InvalidData where the archive ends before or within it.</exception>
    public ReadOnlySpan<byte> ReadBlock(string what)
    {
        ReadOnlySpan<byte> block = TryReadBlock();
        return block.IsEmpty ? throw ArchiveError.Damaged($"it ends where {what} should be, without its closing blocks: it was cut off") : block;
    }

    /// <summary>The next block, or nothing at the end.</summary>
    /// <returns>512 bytes, valid until the next call.</returns>
    /// <exception cref="EngineException">InvalidData where the archive ends within it.</exception>
    public ReadOnlySpan<byte> TryReadBlock()
    {
        ReadOnlySpan<byte> piece = Read(TarHeader.BlockSize);
        if (piece.Length is TarHeader.BlockSize or 0)
        {
            return piece;
        }

        int done = 0;
        while (true)
        {
            piece.CopyTo(joined.AsSpan(done));
            done += piece.Length;
            if (done == TarHeader.BlockSize)
            {
                return joined;
            }

            piece = Read(TarHeader.BlockSize - done);
            if (piece.IsEmpty)
            {
                throw ArchiveError.Damaged("it ends within a block: it was cut off, or is no tar archive");
            }
        }
    }
}
