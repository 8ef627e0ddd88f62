namespace Containers.Engine.Layers;

/// <summary>What <c>.wh.</c> names of an archive mean.</summary>
internal enum WhiteoutHandling
{
    /// <summary>Nothing that belongs into a root file system: they are refused.</summary>
    Refuse,

    /// <summary>An OCI layer's removals (image-spec, layer.md): they become overlayfs's own, a character device 0:0 or trusted.overlay.opaque.</summary>
    Overlay,

    /// <summary>Nothing: they are names as others are.</summary>
    Plain,
}

/// <summary>How an archive is unpacked.</summary>
internal sealed record ExtractionOptions
{
    /// <summary>For an archive of a root file system.</summary>
    public static ExtractionOptions RootFileSystem { get; } = new();

    /// <summary>For an image's layer.</summary>
    public static ExtractionOptions Layer { get; } = new() { Whiteouts = WhiteoutHandling.Overlay };

    /// <summary>The bounds.</summary>
    public ExtractionLimits Limits { get; init; } = ExtractionLimits.Default;

    /// <summary>What <c>.wh.</c> names mean.</summary>
    public WhiteoutHandling Whiteouts { get; init; } = WhiteoutHandling.Refuse;

    /// <summary>
    /// For a folder that is not the extractor's alone; else null. Each file then gets its name when it is whole, a file never replaces a folder or a folder a file, and the folder itself stays as it
    /// is.
    /// </summary>
    public IInhabitedFolder? Inhabited { get; init; }

    /// <summary>Where the folder is that of a running container with users of its own, how the archive's owners are called here; null for by the same ids.</summary>
    public OwnerTranslation? Owners { get; init; }
}

/// <summary>What was unpacked.</summary>
/// <param name="Entries">Files, folders, links and nodes made, those folders included that were made because an entry lies in them.</param>
/// <param name="ContentBytes">Bytes of content written to files; holes do not count.</param>
internal readonly record struct ExtractionResult(long Entries, long ContentBytes);
