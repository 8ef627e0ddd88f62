using Containers.Arguments;

namespace Containers.Completion;

/// <summary>Completes capabilities, with or without <c>CAP_</c>.</summary>
internal sealed class CapabilityCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values() =>
        CapabilityArgumentAttribute.Names.Select(static name => name[4..]).Append("ALL").Order(StringComparer.Ordinal)
            .Select(static name => KeyValuePair.Create(name, name is "ALL" ? "every capability" : "CAP_" + name));

    /// <inheritdoc/>
    protected override bool Matches(string value, string word) =>
        base.Matches(value, word.StartsWith("CAP_", StringComparison.OrdinalIgnoreCase) ? word[4..] : word);
}
