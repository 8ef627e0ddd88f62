using System.Security.Cryptography;
using Containers.Engine.Layers;
using Containers.Interop;

namespace Containers.Engine.Images;

/// <summary>Checks every document and blob of images: digests, sizes, media types, and that the layers hold what the configuration says.</summary>
/// <param name="layout">The layout.</param>
/// <param name="layers">The unpacked layers.</param>
/// <param name="bounds">The bounds of a layer.</param>
/// <param name="cancellation">Ends a check.</param>
internal sealed class ImageVerification(ImageLayout layout, LayerStore layers, ExtractionLimits bounds, CancellationToken cancellation)
{
    // Nothing is unpacked here, and layers made on this machine may shrink by any ratio.
    private readonly ExtractionLimits limits = bounds with { MaximumRatio = int.MaxValue };
    private readonly List<ImageProblem> problems = [];
    private int blobs;
    private long bytes;

    /// <summary>Checks an image.</summary>
    /// <param name="image">The image.</param>
    /// <returns>What was found.</returns>
    public ImageCheck Check(StoredImage image)
    {
        problems.Clear();
        (blobs, bytes) = (0, 0);
        if (image.Entry.MediaType != OciMediaType.Manifest)
        {
            Report(image.Entry.Digest, $"the index gives its media type as '{Show(image.Entry.MediaType)}' instead of {OciMediaType.Manifest}");
        }

        if (CheckDocument(image.Entry, OciJson.Default.OciManifest, "manifest") is { } manifest)
        {
            CheckManifest(manifest);
        }

        if (image.Entry.Annotations?.GetValueOrDefault(OciDescriptor.OriginalManifest) is { } original)
        {
            _ = CheckDocument(new OciDescriptor { Digest = original, Size = -1 }, OciJson.Default.OciManifest, "original manifest");
        }

        return new ImageCheck(image.Info, [.. problems], blobs, bytes);
    }

    private static string Show(string text) => EntryName.Show(System.Text.Encoding.UTF8.GetBytes(text));

    private void CheckManifest(OciManifest manifest)
    {
        if (manifest.Config is null)
        {
            Report("manifest", "it names no configuration");
            return;
        }

        if (manifest.Config.MediaType != OciMediaType.Config)
        {
            Report(manifest.Config.Digest, $"the configuration's media type is '{Show(manifest.Config.MediaType)}' instead of {OciMediaType.Config}");
        }

        IReadOnlyList<string> diffIds = CheckDocument(manifest.Config, OciJson.Default.OciImage, "configuration")?.RootFileSystem.DiffIds ?? [];
        if (diffIds.Count != manifest.Layers.Count)
        {
            Report(manifest.Config.Digest, $"the configuration names {diffIds.Count} layers, the manifest {manifest.Layers.Count}");
        }

        IReadOnlyList<string> chain = Digest.ChainIds(diffIds);
        for (int i = 0; i < manifest.Layers.Count; i++)
        {
            string? diffId = i < diffIds.Count ? diffIds[i] : null;
            CheckLayer(manifest.Layers[i], diffId);
            if (diffId is not null)
            {
                CheckUnpacked(chain[i], diffId);
            }
        }
    }

    private T? CheckDocument<T>(OciDescriptor descriptor, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string what)
        where T : class
    {
        try
        {
            byte[] content = layout.ReadBlob(descriptor.Digest);
            blobs++;
            bytes += content.Length;
            if (descriptor.Size >= 0 && content.Length != descriptor.Size)
            {
                Report(descriptor.Digest, $"the {what} has {content.Length} bytes instead of {descriptor.Size}");
            }

            return ImageLayout.Parse(content, type, descriptor.Digest);
        }
        catch (Exception failure) when (failure is EngineException or KernelException)
        {
            Report(descriptor.Digest, $"the {what} cannot be used: {failure.Message}");
            return null;
        }
    }

    private void CheckLayer(OciDescriptor layer, string? diffId)
    {
        if (layer.MediaType is not (OciMediaType.Layer or OciMediaType.LayerGzip or OciMediaType.LayerZstd))
        {
            Report(layer.Digest, $"the layer's media type '{Show(layer.MediaType)}' is none of OCI's");
        }

        try
        {
            (string digest, long size, string uncompressed, LayerCompressionKind compression) = Read(layer.Digest);
            blobs++;
            bytes += size;
            if (size != layer.Size)
            {
                Report(layer.Digest, $"the layer has {size} bytes instead of {layer.Size}");
            }

            if (digest != layer.Digest)
            {
                Report(layer.Digest, $"the layer's bytes have the digest {digest}");
            }
            else if (diffId is not null && uncompressed != diffId)
            {
                Report(layer.Digest, $"uncompressed the layer has the digest {uncompressed} instead of {diffId}");
            }

            if (layer.MediaType != LayerBlob.MediaTypeOf(compression))
            {
                Report(layer.Digest, $"the layer's media type is {Show(layer.MediaType)}, its bytes are {LayerBlob.MediaTypeOf(compression)}");
            }
        }
        catch (Exception failure) when (failure is EngineException { Reason: not EngineErrorReason.Canceled } or KernelException or IOException)
        {
            Report(layer.Digest, $"the layer cannot be read: {failure.Message}");
        }
    }

    private (string Digest, long Size, string DiffId, LayerCompressionKind Compression) Read(string digest)
    {
        using FileStream blob = layout.OpenBlob(digest);
        using var blobHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var input = new ArchiveInput(blob, limits, blobHash.AppendData, cancellation);
        Stream tar = LayerCompression.Open(input, out LayerCompressionKind compression);
        using var diffHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using (var source = new ReadAheadSource(input, tar, limits, tap: null, cancellation))
        {
            // Hashed here, while the other thread decompresses.
            ReadOnlyMemory<byte> piece;
            while (!(piece = source.Next()).IsEmpty)
            {
                diffHash.AppendData(piece.Span);
            }
        }

        return (Digest.FromHash(blobHash.GetHashAndReset()), input.BytesRead, Digest.FromHash(diffHash.GetHashAndReset()), compression);
    }

    private void CheckUnpacked(string chainId, string diffId)
    {
        try
        {
            if (layers.TryRead(chainId) is not { } record)
            {
                Report(chainId, "the layer is not unpacked");
            }
            else if (record.ChainId != chainId || record.DiffId != diffId)
            {
                Report(chainId, $"the record of the unpacked layer is that of {Show(record.ChainId)}");
            }
        }
        catch (Exception failure) when (failure is EngineException or KernelException)
        {
            Report(chainId, $"the record of the unpacked layer cannot be read: {failure.Message}");
        }
    }

    private void Report(string subject, string text) => problems.Add(new ImageProblem(Show(subject), text));
}
