using Containers.Engine.Layers;

namespace Containers.Engine.Images.Archives;

/// <summary>A blob that is exported.</summary>
/// <param name="Digest">Its digest.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Read">Gives all its bytes, piece by piece.</param>
internal sealed record ExportedBlob(string Digest, long Size, Action<ByteTap, CancellationToken> Read)
{
    private const int PieceSize = 128 * 1024;

    /// <summary>A document.</summary>
    /// <param name="bytes">Its bytes.</param>
    /// <returns>The blob.</returns>
    public static ExportedBlob Of(byte[] bytes) => new(Images.Digest.Of(bytes), bytes.Length, (tap, _) => tap(bytes));

    /// <summary>A blob of the store as it is.</summary>
    /// <param name="content">The image it is of.</param>
    /// <param name="blob">Which one.</param>
    /// <returns>The blob.</returns>
    public static ExportedBlob Of(ImageContent content, OciDescriptor blob) => new(blob.Digest, blob.Size, (tap, cancellation) =>
    {
        using FileStream file = content.OpenBlob(blob.Digest);
        Copy(file, tap, cancellation);
    });

    /// <summary>A layer of the store with its compression undone; read once here for its size, which an archive says before the content.</summary>
    /// <param name="content">The image it is of.</param>
    /// <param name="blob">Which layer.</param>
    /// <param name="diffId">The digest of the archive inside.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>The blob.</returns>
    public static ExportedBlob Decompressed(ImageContent content, OciDescriptor blob, string diffId, CancellationToken cancellation)
    {
        long size = 0;
        Read(bytes => size += bytes.Length, cancellation);
        return new ExportedBlob(diffId, size, Read);

        void Read(ByteTap tap, CancellationToken ending)
        {
            using FileStream file = content.OpenBlob(blob.Digest);
            using var input = new ArchiveInput(file, ExtractionLimits.Default, tap: null, ending);
            using Stream tar = LayerCompression.Open(input, out _);
            try
            {
                Copy(tar, tap, ending);
            }
            catch (Exception failure) when (LayerCompression.IsDamage(failure))
            {
                throw new EngineException(
                    EngineErrorReason.Storage, blob.Digest, $"The blob {blob.Digest} is damaged in the image store: it does not decompress. Remove the image and get it again.", failure);
            }
        }
    }

    /// <summary>Gives all its bytes, and sees that they are the ones its digest promises.</summary>
    /// <param name="tap">Sees them.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="EngineException">Storage where the store's copy is damaged.</exception>
    public void ReadVerified(ByteTap tap, CancellationToken cancellation)
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        long size = 0;
        Read(
            bytes =>
            {
                size += bytes.Length;
                if (size > Size)
                {
                    throw Damaged();
                }

                hash.AppendData(bytes);
                tap(bytes);
            },
            cancellation);
        if (size != Size || Images.Digest.FromHash(hash.GetHashAndReset()) != Digest)
        {
            throw Damaged();
        }
    }

    private static void Copy(Stream from, ByteTap tap, CancellationToken cancellation)
    {
        byte[] buffer = new byte[PieceSize];
        int count;
        while ((count = from.Read(buffer)) > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            tap(buffer.AsSpan(0, count));
        }
    }

    private EngineException Damaged() => new(
        EngineErrorReason.Storage, Digest, $"The image store's blob {Digest} is damaged: its content is another. Remove the image that it belongs to and import it again.");
}
