namespace Containers;

/// <summary>What one layer of an overlay has at a path.</summary>
public sealed class OverlayFile
{
    /// <summary>The path in the overlay, links of folders resolved.</summary>
    public required string File { get; init; }

    /// <summary>What it is to the overlay.</summary>
    public OverlayFileState State { get; init; }

    /// <summary>The layer's folder.</summary>
    public required string Layer { get; init; }

    /// <summary>The layer's place: 0 is the topmost, which is the writable one where there is one.</summary>
    public int LayerIndex { get; init; }

    /// <summary>Where the file lies in that folder; after a renaming of a folder under another path than in the overlay.</summary>
    public required string Source { get; init; }

    /// <summary>What kind of file it is; of a whiteout the kind that the layer has it as.</summary>
    public ContainerFileType Type { get; init; }

    /// <summary>Bytes of a regular file.</summary>
    public long Size { get; init; }

    /// <summary>Whether it is a folder that hides what lower layers have in it.</summary>
    public bool IsOpaque { get; init; }

    /// <summary>Whether it is a file without its content, which a lower layer has (metacopy).</summary>
    public bool IsMetadataOnly { get; init; }

    /// <summary>The name or path under which lower layers have it; null for the same.</summary>
    public string? Redirect { get; init; }

    /// <summary>Where the file lies.</summary>
    /// <returns>The path on this machine.</returns>
    public override string ToString() => Source;
}
