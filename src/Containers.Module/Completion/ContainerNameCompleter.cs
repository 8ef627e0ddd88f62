using Containers.Commands;
using Containers.Engine;

namespace Containers.Completion;

/// <summary>Completes the names of containers.</summary>
internal sealed class ContainerNameCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values()
    {
        try
        {
            return [.. EngineSession.Current().List().Select(static container =>
                KeyValuePair.Create(container.Name, $"{container.Options.Image ?? container.Options.RootFileSystem}, {container.State}"))];
        }
        catch (EngineException)
        {
            // No completion is the only answer that does not disturb the line being typed.
            return [];
        }
    }
}
