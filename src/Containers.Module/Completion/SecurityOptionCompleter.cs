namespace Containers.Completion;

/// <summary>Completes security options.</summary>
internal sealed class SecurityOptionCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values() =>
    [
        KeyValuePair.Create("no-new-privileges=false", "setuid programs and file capabilities work inside, as sudo needs"),
        KeyValuePair.Create("no-new-privileges=true", "no program inside gains privileges (the default)"),
        KeyValuePair.Create("seccomp=unconfined", "no filter of system calls"),
        KeyValuePair.Create("systempaths=unconfined", "nothing of /proc and /sys masked or read-only"),
    ];
}
