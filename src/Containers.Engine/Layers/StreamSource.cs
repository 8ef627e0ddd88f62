namespace Containers.Engine.Layers;

/// <summary>The pieces of a stream, read on the caller's thread.</summary>
/// <param name="stream">The stream; stays the caller's.</param>
/// <param name="chunkSize">The longest piece in bytes.</param>
internal sealed class StreamSource(Stream stream, int chunkSize = 128 * 1024) : ChunkSource
{
    private readonly byte[] buffer = new byte[chunkSize];

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Next() => buffer.AsMemory(0, stream.Read(buffer));
}
