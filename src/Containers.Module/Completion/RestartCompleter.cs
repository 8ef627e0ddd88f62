namespace Containers.Completion;

/// <summary>Completes restart policies.</summary>
internal sealed class RestartCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values() =>
    [
        KeyValuePair.Create("no", "it is not started again"),
        KeyValuePair.Create("on-failure", "started again where it ended with an exit code other than 0"),
        KeyValuePair.Create("on-failure:3", "the same, three times at most"),
        KeyValuePair.Create("always", "started again whatever its end; with the machine, also where it was stopped"),
        KeyValuePair.Create("unless-stopped", "started again until it is stopped"),
    ];
}
