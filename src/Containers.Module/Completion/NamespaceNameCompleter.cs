using Containers.Commands;
using Containers.Engine;

namespace Containers.Completion;

/// <summary>Completes the names of pinned namespaces.</summary>
internal sealed class NamespaceNameCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values()
    {
        try
        {
            return [.. EngineSession.Current().ListNamespaceNames().Select(static one => KeyValuePair.Create(one.Name, string.Join(", ", one.Types)))];
        }
        catch (EngineException)
        {
            // No completion is the only answer that does not disturb the line being typed.
            return [];
        }
    }
}
