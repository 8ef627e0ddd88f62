using Containers.Engine.Layers;

namespace Containers.Engine.Images;

/// <summary>How manifests name layers' blobs.</summary>
internal static class LayerBlob
{
    /// <summary>The reference to a layer's blob.</summary>
    /// <param name="layer">The layer.</param>
    /// <returns>The reference, with OCI's media type.</returns>
    public static OciDescriptor DescriptorOf(StagedLayer layer) => new()
    {
        MediaType = MediaTypeOf(layer.Compression),
        Digest = layer.BlobDigest,
        Size = layer.BlobSize,
    };

    /// <summary>The media type of a layer.</summary>
    /// <param name="compression">How it is compressed.</param>
    /// <returns>OCI's media type.</returns>
    public static string MediaTypeOf(LayerCompressionKind compression) => compression switch
    {
        LayerCompressionKind.Gzip => OciMediaType.LayerGzip,
        LayerCompressionKind.Zstd => OciMediaType.LayerZstd,
        _ => OciMediaType.Layer,
    };
}
