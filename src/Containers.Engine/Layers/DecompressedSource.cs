namespace Containers.Engine.Layers;

/// <summary>The pieces of an archive, decompressed on the caller's thread, which so never reads further than it is asked to.</summary>
/// <param name="input">The archive as it comes; stays the caller's.</param>
/// <param name="tar">The stream of tar made from it (<see cref="LayerCompression.Open"/>); this object's from here on.</param>
/// <param name="limits">The bounds.</param>
internal sealed class DecompressedSource(ArchiveInput input, Stream tar, ExtractionLimits limits) : ChunkSource
{
    private readonly byte[] buffer = new byte[64 * 1024];
    private long total;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Next()
    {
        int count;
        try
        {
            count = tar.Read(buffer);
        }
        catch (Exception failure) when (failure is IOException or EngineException || LayerCompression.IsDamage(failure))
        {
            throw ReadAheadSource.Translate(failure);
        }

        total += count;
        limits.CheckExpansion(input.BytesRead, total);
        return buffer.AsMemory(0, count);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !ReferenceEquals(tar, input))
        {
            tar.Dispose();
        }
    }
}
