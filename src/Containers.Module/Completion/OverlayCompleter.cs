using Containers.Commands;
using Containers.Engine;

namespace Containers.Completion;

/// <summary>Completes the paths of overlays.</summary>
internal sealed class OverlayCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values()
    {
        try
        {
            return [.. EngineSession.Current().ListOverlays().Select(static overlay => KeyValuePair.Create(overlay.Path, string.Join(":", overlay.Lower))).DistinctBy(static pair => pair.Key)];
        }
        catch (EngineException)
        {
            // No completion is the only answer that does not disturb the line being typed.
            return [];
        }
    }
}
