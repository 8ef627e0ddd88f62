using Containers.Arguments;

namespace Containers.Completion;

/// <summary>Completes limits of processes, up to the value.</summary>
internal sealed class UlimitCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values() =>
        UlimitArgumentAttribute.Names.Select(static known => KeyValuePair.Create(known.Name + "=", known.Meaning));
}
