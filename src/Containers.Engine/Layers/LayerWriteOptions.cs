namespace Containers.Engine.Layers;

/// <summary>What the tree is that becomes a layer.</summary>
internal enum LayerSourceKind
{
    /// <summary>All files of a root file system.</summary>
    Tree,

    /// <summary>The writable folder of an overlay, with its whiteouts: the difference to the layers below.</summary>
    OverlayUpper,

    /// <summary>Files to be copied, no layer: every name is a name, other file systems are crossed into, and what overlayfs has noted is left out.</summary>
    Files,
}

/// <summary>Tells what stands in a tree elsewhere than its own names say.</summary>
/// <param name="path">The path below the top.</param>
/// <param name="file">What stands there, opened with O_PATH, not the caller's; null for what is written as an empty folder.</param>
/// <returns>False where the tree's own file counts.</returns>
internal delegate bool TreeMountFinder(ReadOnlySpan<byte> path, out Interop.FileDescriptor? file);

/// <summary>How a layer is written.</summary>
internal sealed record LayerWriteOptions
{
    /// <summary>What the tree is.</summary>
    public LayerSourceKind Source { get; init; }

    /// <summary>How the archive is compressed.</summary>
    public LayerCompressionKind Compression { get; init; } = LayerCompressionKind.Gzip;

    /// <summary>Seconds since 1970 (SOURCE_DATE_EPOCH): later times are written as this one. Null: times as they are.</summary>
    public long? LatestTime { get; init; }

    /// <summary>Paths, relative to the root and without a closing slash, that are left out with all below them.</summary>
    public IReadOnlyList<byte[]> Excluded { get; init; } = [];

    /// <summary>What stands in the tree elsewhere than its own names say; null for nothing.</summary>
    public TreeMountFinder? Mounts { get; init; }

    /// <summary>
    /// Whose all files become, or null where they stay whose they are. Then nothing goes along that gives their user rights: set-user-id and set-group-id bits, file capabilities, and
    /// others' access to devices.
    /// </summary>
    public (uint Uid, uint Gid)? NewOwner { get; init; }

    /// <summary>Where the tree is that of a running container with users of its own, how its owners are called in the archive; null for by the same ids.</summary>
    public OwnerTranslation? Owners { get; init; }

    /// <summary>Whether holes of files are left out (GNU's sparse format 1.0), instead of written as zeros.</summary>
    public bool KeepsHoles { get; init; }

    /// <summary>The bounds: what is written is to be taken in again.</summary>
    public ExtractionLimits Limits { get; init; } = ExtractionLimits.Default;
}

/// <summary>What was written.</summary>
/// <param name="DiffId">The digest of the archive before compression.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="BlobDigest">The digest of what came out.</param>
/// <param name="BlobSize">Its bytes.</param>
/// <param name="Entries">Entries of the archive.</param>
internal readonly record struct WrittenLayer(string DiffId, long Size, string BlobDigest, long BlobSize, long Entries);
