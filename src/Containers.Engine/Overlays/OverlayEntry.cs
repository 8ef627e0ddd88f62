using Containers.Interop;

namespace Containers.Engine.Overlays;

/// <summary>What a layer has at a path, opened.</summary>
/// <param name="Layer">The layer's place, 0 the topmost.</param>
/// <param name="File">The file, opened with O_PATH.</param>
/// <param name="InLayer">Its path in the layer, without a slash before it.</param>
/// <param name="State">What it is to the overlay.</param>
/// <param name="Status">What stat(2) told.</param>
internal sealed record OverlayEntry(int Layer, FileDescriptor File, string InLayer, OverlayFileState State, FileStatus Status)
{
    /// <summary>Whether the overlay shows it, and what lies in it.</summary>
    public bool IsVisible => State is OverlayFileState.Shown or OverlayFileState.Merged;
}
