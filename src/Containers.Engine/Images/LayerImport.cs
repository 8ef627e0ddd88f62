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
/// Brings an archive into a staging folder in one pass: the compressed bytes are hashed and kept while another thread unpacks what they hold.
/// </summary>
internal static class LayerImport
{
    /// <summary>The blob's name in the staging folder.</summary>
    public const string BlobName = "blob";

    /// <summary>The unpacked layer's name in the staging folder.</summary>
    public const string LayerName = "layer";

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Imports.</summary>
    /// <param name="archive">The archive; read to its end.</param>
    /// <param name="staging">Where to.</param>
    /// <param name="options">How to unpack.</param>
    /// <param name="progress">Told now and then, and at the end.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The staged layer.</returns>
    public static StagedLayer Run(
        Stream archive, StagingFolder staging, ExtractionOptions options, IProgress<ImportProgress>? progress, CancellationToken cancellation)
    {
        long? total = archive.CanSeek ? archive.Length - archive.Position : null;
        using FileDescriptor layer = StoreFolder.Open(staging.Descriptor, LayerName);
        using FileDescriptor files = StoreFolder.Open(layer, LayerStore.FilesName);

        // Where the archive does not say, the root is as everybody has it.
        if (FileContent.TryChmod(files, 0x1ED) is var errno and not Errno.None)
        {
            throw new KernelException(errno, "setting the mode of", "the layer's root");
        }

        using var blob = new BlobWriter(staging, BlobName);
        using var input = new ArchiveInput(archive, options.Limits, blob.Write, cancellation);
        Stream tar = LayerCompression.Open(input, out LayerCompressionKind compression);
        using IncrementalHash? diffHash = compression == LayerCompressionKind.None ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ExtractionResult result;
        using (var source = new ReadAheadSource(input, tar, options.Limits, diffHash is null ? null : diffHash.AppendData, cancellation))
        using (var extractor = new LayerExtractor(files, options))
        {
            long reported = Stopwatch.GetTimestamp();
            result = extractor.Run(source, progress is null ? null : Report, cancellation);
            progress?.Report(new ImportProgress(input.BytesRead, total, result.Entries));

            void Report()
            {
                if (Stopwatch.GetElapsedTime(reported) >= ProgressInterval)
                {
                    reported = Stopwatch.GetTimestamp();
                    progress.Report(new ImportProgress(input.BytesRead, total, extractor.Result.Entries));
                }
            }
        }

        string blobDigest = blob.Finish();
        string diffId = diffHash is null ? blobDigest : Digest.FromHash(diffHash.GetHashAndReset());
        FileContent.SyncFileSystem(files, "the layer");
        LayerStore.WriteRecord(layer, new LayerRecord { DiffId = diffId, ChainId = diffId, Size = result.ContentBytes, Entries = result.Entries });
        Files.Sync(staging.Descriptor, "staging");
        return new StagedLayer(blobDigest, blob.Size, diffId, compression, result);
    }
}
