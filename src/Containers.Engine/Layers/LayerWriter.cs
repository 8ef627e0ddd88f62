using System.IO.Compression;
using Containers.Interop;
using ZstdSharp;

namespace Containers.Engine.Layers;

/// <summary>
/// Writes a tree on disk as an OCI layer (image-spec, layer.md), in one pass and bounded memory. The same tree makes the same bytes: entries are sorted by
/// the bytes of their names, and nothing of this machine is in them but numeric owners.
/// </summary>
internal static class LayerWriter
{
    private const int BufferSize = 128 * 1024;

    /// <summary>Writes a layer.</summary>
    /// <param name="root">The tree's root, opened O_RDONLY or O_PATH; stays the caller's. No name in it is followed out of it, and no mount point crossed.</param>
    /// <param name="output">Where to; stays the caller's.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellation">Ends it half way.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="EngineException">
    /// InvalidData for what no layer can hold, Busy for a file that shrank meanwhile, LimitExceeded, NotSupported, PermissionDenied, Storage. What was written is of no use then.
    /// </exception>
    public static WrittenLayer Write(FileDescriptor root, Stream output, LayerWriteOptions options, CancellationToken cancellation)
    {
        using var blob = new HashingStream(output);
        using Stream? compressor = OpenCompressor(blob, options.Compression);
        using var tar = new HashingStream(compressor ?? blob);
        using var buffered = new BufferedStream(tar, BufferSize);
        var writer = new TarWriter(buffered);
        using var archiver = new TreeArchiver(writer, options, cancellation);
        long entries = archiver.Run(root);
        writer.Finish();
        buffered.Flush();

        // Closing is what writes a compressor's end.
        compressor?.Dispose();
        return new WrittenLayer(tar.Finish(), tar.Count, blob.Finish(), blob.Count, entries);
    }

    // Neither writes a name or a time into its header.
    private static Stream? OpenCompressor(HashingStream blob, LayerCompressionKind kind) => kind switch
    {
        LayerCompressionKind.Gzip => new GZipStream(blob, CompressionLevel.Optimal, leaveOpen: true),
        LayerCompressionKind.Zstd => new CompressionStream(blob, leaveOpen: true),
        _ => null,
    };
}
