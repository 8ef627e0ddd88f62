namespace Containers.Completion;

/// <summary>Completes the names of cgroup controllers.</summary>
internal sealed class CgroupControllerCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values() =>
    [
        KeyValuePair.Create("cpu", "processors"),
        KeyValuePair.Create("cpuset", "which processors and memory nodes"),
        KeyValuePair.Create("memory", "memory and swap"),
        KeyValuePair.Create("pids", "processes and threads"),
        KeyValuePair.Create("io", "disks (v2)"),
        KeyValuePair.Create("blkio", "disks (v1)"),
        KeyValuePair.Create("hugetlb", "huge pages"),
        KeyValuePair.Create("devices", "devices (v1)"),
        KeyValuePair.Create("freezer", "suspending (v1)"),
    ];
}
