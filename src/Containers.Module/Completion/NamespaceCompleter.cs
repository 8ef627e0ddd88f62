using Containers.Commands;
using Containers.Engine;

namespace Containers.Completion;

/// <summary>Completes whose namespace a container lives in.</summary>
internal sealed class NamespaceCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values() =>
    [
        KeyValuePair.Create("Private", "the container's own"),
        KeyValuePair.Create("Host", "this machine's own"),
        .. Running().Select(static name => KeyValuePair.Create($"container:{name}", $"that of the container '{name}'")),
    ];

    /// <summary>The names of running containers.</summary>
    /// <returns>The names; none where the engine cannot be opened.</returns>
    internal static IEnumerable<string> Running()
    {
        try
        {
            return [.. EngineSession.Current().List().Where(static c => c.State == Engine.Runtime.ContainerState.Running).Select(static c => c.Name)];
        }
        catch (EngineException)
        {
            // No completion is the only answer that does not disturb the line being typed.
            return [];
        }
    }
}
