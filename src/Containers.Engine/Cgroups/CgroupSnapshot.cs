namespace Containers.Engine.Cgroups;

/// <summary>A cgroup as it was when it was looked at: one path, in all the hierarchies that have it.</summary>
/// <param name="Path">Its path from the hierarchies' root: <c>/</c>, <c>/system.slice/cron.service</c>.</param>
/// <param name="Places">The hierarchies that have it, at least one; the unified one first.</param>
/// <param name="Children">The names of the cgroups right below it in any of these, sorted by their characters' numbers.</param>
public sealed record CgroupSnapshot(string Path, IReadOnlyList<CgroupPlace> Places, IReadOnlyList<string> Children);
