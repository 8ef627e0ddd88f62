using Containers.Engine.Events;

namespace Containers.Completion;

/// <summary>Completes what can happen.</summary>
internal sealed class EventCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values() => EventAction.All.Select(static action => KeyValuePair.Create(action, action));
}
