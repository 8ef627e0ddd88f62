namespace Containers.Completion;

/// <summary>Completes what a container can see of the network.</summary>
internal sealed class NetworkCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values() =>
    [
        KeyValuePair.Create("None", "a network of its own with only loopback"),
        KeyValuePair.Create("Host", "this machine's own network"),
        .. NamespaceCompleter.Running().Select(static name => KeyValuePair.Create($"container:{name}", $"that of the container '{name}'")),
    ];
}
