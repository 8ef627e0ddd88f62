using System.Diagnostics;
using System.Security.Cryptography;
using Containers.Engine.Layers;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Images;

/// <summary>A layer that lies ready in a staging folder: blob and unpacked files, both on disk.</summary>
/// <param name="BlobDigest">The digest of the archive as it came.</param>
/// <param name="BlobSize">Its bytes.</param>
/// <param name="DiffId">The digest of the archive uncompressed.</param>
/// <param name="Compression">How it came compressed.</param>
/// <param name="Extraction">What was unpacked.</param>
internal sealed record StagedLayer(string BlobDigest, long BlobSize, string DiffId, LayerCompressionKind Compression, ExtractionResult Extraction);

/// <summary>
/// Brings a layer into a staging folder in one pass: the bytes are hashed and kept as they come, while another thread unpacks what they hold.
/// </summary>
internal static class LayerImport
{
    /// <summary>The blob's name in the folder.</summary>
    public const string BlobName = "blob";

    /// <summary>The unpacked layer's name in the folder.</summary>
    public const string LayerName = "layer";

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Imports. Nothing is synced but the blob's bytes are written: who commits the layer syncs the file system before.</summary>
    /// <param name="archive">The archive; read to its end.</param>
    /// <param name="folder">Where to.</param>
    /// <param name="options">How to unpack.</param>
    /// <param name="progress">Told now and then, and at the end: bytes read and entries unpacked; or null.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The staged layer.</returns>
    public static StagedLayer Run(
        Stream archive, FileDescriptor folder, ExtractionOptions options, Action<long, long>? progress, CancellationToken cancellation)
    {
        using FileDescriptor layer = StoreFolder.Open(folder, LayerName);
        using FileDescriptor files = StoreFolder.Open(layer, LayerStore.FilesName);

        // Where the archive does not say, the root is as everybody has it.
        if (FileContent.TryChmod(files, 0x1ED) is var errno and not Errno.None)
        {
            throw new KernelException(errno, "setting the mode of", "the layer's root");
        }

        using var blob = new BlobWriter(folder, BlobName);
        using var input = new ArchiveInput(archive, options.Limits, blob.Write, cancellation);
        Stream tar = LayerCompression.Open(input, out LayerCompressionKind compression);
        using IncrementalHash? diffHash = compression == LayerCompressionKind.None ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ExtractionResult result;
        using (var source = new ReadAheadSource(input, tar, options.Limits, diffHash is null ? null : diffHash.AppendData, cancellation))
        using (var extractor = new LayerExtractor(files, options))
        {
            long reported = Stopwatch.GetTimestamp();
            result = extractor.Run(source, progress is null ? null : Report, cancellation);
            progress?.Invoke(input.BytesRead, result.Entries);

            void Report()
            {
                if (Stopwatch.GetElapsedTime(reported) >= ProgressInterval)
                {
                    reported = Stopwatch.GetTimestamp();
                    progress(input.BytesRead, extractor.Result.Entries);
                }
            }
        }

        string blobDigest = blob.Finish();
        return new StagedLayer(blobDigest, blob.Size, diffHash is null ? blobDigest : Digest.FromHash(diffHash.GetHashAndReset()), compression, result);
    }
}
