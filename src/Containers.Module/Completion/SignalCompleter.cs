namespace Containers.Completion;

/// <summary>Completes signals, with or without <c>SIG</c>.</summary>
internal sealed class SignalCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values() =>
        Signal.Names.Select(static name => KeyValuePair.Create(name, $"signal {Signal.Parse(name).Number}"));

    /// <inheritdoc/>
    protected override bool Matches(string value, string word) => base.Matches(value, word) || base.Matches(value[3..], word);
}
