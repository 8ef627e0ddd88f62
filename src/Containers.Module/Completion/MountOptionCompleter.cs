namespace Containers.Completion;

/// <summary>Completes the beginnings of mounts.</summary>
internal sealed class MountOptionCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values() =>
    [
        KeyValuePair.Create("type=bind,source=", "a file or folder of this machine"),
        KeyValuePair.Create("type=tmpfs,target=", "an empty in-memory folder"),
    ];
}
