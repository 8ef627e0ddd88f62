using Containers.Commands;
using Containers.Engine;

namespace Containers.Completion;

/// <summary>Completes whose namespaces are meant: pinned names and running containers.</summary>
internal sealed class NamespaceTargetCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values()
    {
        try
        {
            var engine = EngineSession.Current();
            return
            [
                .. engine.ListNamespaceNames().Select(static one => KeyValuePair.Create(one.Name, string.Join(", ", one.Types))),
                .. engine.List().Where(static c => c.State == Engine.Runtime.ContainerState.Running)
                    .Select(static c => KeyValuePair.Create($"container:{c.Name}", $"the namespaces of the container '{c.Name}'")),
            ];
        }
        catch (EngineException)
        {
            // No completion is the only answer that does not disturb the line being typed.
            return [];
        }
    }
}
