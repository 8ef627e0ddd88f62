using Containers.Commands;
using Containers.Engine;

namespace Containers.Completion;

/// <summary>Completes the names of images.</summary>
internal sealed class ImageNameCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values()
    {
        try
        {
            return [.. EngineSession.Current().Images.List()
                .Where(static image => image.Name is not null)
                .Select(static image => KeyValuePair.Create(image.Name!, image.Id))];
        }
        catch (EngineException)
        {
            // No completion is the only answer that does not disturb the line being typed.
            return [];
        }
    }
}
