using Containers.Commands;
using Containers.Engine;

namespace Containers.Completion;

/// <summary>Completes the names of mounted images.</summary>
internal sealed class ImageMountCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values()
    {
        try
        {
            return [.. EngineSession.Current().ListImageMounts().Select(static mount => KeyValuePair.Create(mount.ImageName, mount.Path)).DistinctBy(static pair => pair.Key)];
        }
        catch (EngineException)
        {
            // No completion is the only answer that does not disturb the line being typed.
            return [];
        }
    }
}
