namespace Containers;

/// <summary>Maps what the engine tells of overlays.</summary>
internal static class OverlayMapping
{
    /// <summary>Maps what a layer has at a path.</summary>
    /// <param name="file">The engine's.</param>
    /// <returns>The module's.</returns>
    public static OverlayFile ToFile(this Engine.Overlays.OverlayFile file) => new()
    {
        File = file.Path,
        State = (OverlayFileState)file.State,
        Layer = file.Layer,
        LayerIndex = file.LayerIndex,
        Source = file.Source,
        Type = (ContainerFileType)file.Kind,
        Size = file.Size,
        IsOpaque = file.IsOpaque,
        IsMetadataOnly = file.IsMetadataOnly,
        Redirect = file.Redirect,
    };
}
