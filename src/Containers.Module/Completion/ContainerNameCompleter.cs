using Containers.Commands;
using Containers.Engine;
using Containers.Engine.Runtime;

namespace Containers.Completion;

/// <summary>Completes the names of containers.</summary>
internal class ContainerNameCompleter : ListCompleter
{
    /// <summary>Whether a container is one that the parameter may be given.</summary>
    /// <param name="container">The container.</param>
    /// <returns>Whether it is.</returns>
    protected virtual bool IsOffered(ContainerSnapshot container) => true;

    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values()
    {
        try
        {
            return [.. EngineSession.Current().List().Where(IsOffered).Select(static container =>
                KeyValuePair.Create(container.Name, $"{container.Options.Image ?? container.Options.RootFileSystem}, {container.State}"))];
        }
        catch (EngineException)
        {
            // No completion is the only answer that does not disturb the line being typed.
            return [];
        }
    }
}
