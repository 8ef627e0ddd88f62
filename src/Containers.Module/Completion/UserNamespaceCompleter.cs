namespace Containers.Completion;

/// <summary>Completes the users of a container.</summary>
internal sealed class UserNamespaceCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values() =>
    [
        KeyValuePair.Create("Auto", "a range of ids that no other container has"),
        KeyValuePair.Create("Host", "this machine's users"),
        KeyValuePair.Create("Keep", "the same ids as this machine's, with rights in the container alone"),
    ];
}
