namespace Containers;

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
