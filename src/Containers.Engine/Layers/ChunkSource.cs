namespace Containers.Engine.Layers;

/// <summary>A stream of bytes handed out in pieces that are not copied.</summary>
internal abstract class ChunkSource : IDisposable
{
    /// <summary>The next piece; the one before is invalid from here on.</summary>
    /// <returns>At least one byte, or nothing at the end.</returns>
    public abstract ReadOnlyMemory<byte> Next();

    /// <summary>Passes over bytes that follow the last piece without reading them, where the source can. The piece before is invalid from here on.</summary>
    /// <param name="count">How many at most.</param>
    /// <returns>How many were passed over; 0 where they must be read.</returns>
    public virtual long Skip(long count) => 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the source holds; the stream under it stays the caller's.</summary>
    /// <param name="disposing">Whether it is called from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
