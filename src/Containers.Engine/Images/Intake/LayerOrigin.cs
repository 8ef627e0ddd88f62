namespace Containers.Engine.Images;

/// <summary>A layer to be taken in. What is expected of it is verified; null where only the bytes can tell.</summary>
internal sealed record LayerOrigin
{
    /// <summary>The digest of the uncompressed archive.</summary>
    public string? DiffId { get; init; }

    /// <summary>The digest of the bytes as they come.</summary>
    public string? Digest { get; init; }

    /// <summary>The number of the bytes as they come.</summary>
    public long? Size { get; init; }

    /// <summary>Whether it is the archive of a root file system, in which whiteouts have no place, and not a layer over others.</summary>
    public bool IsRootFileSystem { get; init; }

    /// <summary>Whether the engine writes it itself, of files that are there: then how well they compress raises no suspicion.</summary>
    public bool IsOwn { get; init; }

    /// <summary>
    /// Opens the bytes: tar, plain or compressed with gzip or zstd. Called on any thread, at most once for each time that the layer occurs. The token ends
    /// a read that waits.
    /// </summary>
    public required Func<CancellationToken, Stream> Open { get; init; }

    /// <summary>What it is called in messages.</summary>
    public string Name => Digest ?? DiffId ?? "archive";
}
