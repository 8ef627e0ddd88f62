using Containers.Interop;

namespace Containers.Engine.Overlays;

/// <summary>What a layer's file is to the overlay.</summary>
public enum OverlayFileState
{
    /// <summary>It is what the overlay shows; of a folder, the topmost.</summary>
    Shown,

    /// <summary>A folder whose files show too, where those above do not hide them.</summary>
    Merged,

    /// <summary>The content of a file whose attributes come from a layer above (metacopy).</summary>
    Content,

    /// <summary>A layer above hides it.</summary>
    Hidden,

    /// <summary>It is no file, but says that there is none: it hides what lower layers have.</summary>
    Whiteout,

    /// <summary>A folder above the path that is opaque, or a file in its place: it hides what lower layers have.</summary>
    Hiding,
}

/// <summary>What one layer of an overlay has at a path.</summary>
/// <param name="Path">The path in the overlay, links of folders resolved: <c>/etc/passwd</c>.</param>
/// <param name="State">What it is to the overlay.</param>
/// <param name="Layer">The layer's folder.</param>
/// <param name="LayerIndex">The layer's place: 0 is the topmost.</param>
/// <param name="Source">Where it lies in the layer: after a redirect under another path.</param>
/// <param name="Kind">What it is; a whiteout is a character device or a regular file.</param>
/// <param name="IsOpaque">Whether it is a folder that hides what lower layers have in it.</param>
/// <param name="IsMetadataOnly">Whether it is a file without content, which comes from a lower layer (metacopy).</param>
/// <param name="Redirect">The name under which lower layers have it; null for the same.</param>
/// <param name="Size">Bytes of a regular file.</param>
public sealed record OverlayFile(
    string Path, OverlayFileState State, string Layer, int LayerIndex, string Source, FileKind Kind, bool IsOpaque, bool IsMetadataOnly, string? Redirect, long Size);
