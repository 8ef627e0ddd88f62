using System.IO.Compression;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Containers.Engine.Layers;

/// <summary>How a layer's archive is compressed.</summary>
internal enum LayerCompressionKind
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Gzip (RFC 1952), of any number of members.</summary>
    Gzip,

    /// <summary>Zstandard (RFC 8878), of any number of frames.</summary>
    Zstd,
}

/// <summary>Recognises a layer's compression by its first bytes and undoes it.</summary>
internal static class LayerCompression
{
    // 128 MiB, what `zstd` itself accepts without --long, bounds the decoder's memory.
    private const int LargestZstdWindowLog = 27;

    /// <summary>Opens the archive inside.</summary>
    /// <param name="input">The archive as it comes.</param>
    /// <param name="kind">What it was compressed with.</param>
    /// <returns>A stream of tar; <paramref name="input"/> itself where nothing is to be undone.</returns>
    /// <exception cref="EngineException">InvalidData for an empty or foreign file, NotSupported for another compression.</exception>
    public static Stream Open(ArchiveInput input, out LayerCompressionKind kind)
    {
        ReadOnlySpan<byte> start = input.Peek(8);
        if (start.IsEmpty)
        {
            throw ArchiveError.Damaged("it is empty");
        }

        kind = LayerCompressionKind.None;
        if (start.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]))
        {
            kind = LayerCompressionKind.Gzip;
            return new GZipStream(input, CompressionMode.Decompress, leaveOpen: true);
        }

        bool isSkippableFrame = start.Length >= 4 && (start[0] & 0xf0) == 0x50 && start[1..4].SequenceEqual((ReadOnlySpan<byte>)[0x2a, 0x4d, 0x18]);
        if (isSkippableFrame || start.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]))
        {
            kind = LayerCompressionKind.Zstd;
            var stream = new DecompressionStream(input, bufferSize: 128 * 1024, checkEndOfStream: true, leaveOpen: true);
            stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, LargestZstdWindowLog);
            return stream;
        }

        string? other = start switch
        {
            [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, ..] => "xz",
            [(byte)'B', (byte)'Z', (byte)'h', ..] => "bzip2",
            [0x04, 0x22, 0x4d, 0x18, ..] => "lz4",
            [(byte)'L', (byte)'Z', (byte)'I', (byte)'P', ..] => "lzip",
            [0x1f, 0x9d, ..] => "compress",
            [0x5d, 0x00, 0x00, ..] => "lzma",
            [(byte)'P', (byte)'K', 0x03, 0x04, ..] => "zip",
            _ => null,
        };
        return other is null ? input : throw new EngineException(
            EngineErrorReason.NotSupported,
            "archive",
            $"The archive is compressed with {other}, which the engine does not read. Give it plain, or compressed with gzip or zstd.");
    }

    /// <summary>Whether an exception is how a decoder tells of damaged data.</summary>
    /// <param name="exception">The exception.</param>
    /// <returns>True for those of gzip and zstd.</returns>
    public static bool IsDamage(Exception exception) => exception is InvalidDataException or ZstdException or EndOfStreamException;
}
