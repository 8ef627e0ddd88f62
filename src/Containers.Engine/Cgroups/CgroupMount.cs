namespace Containers.Engine.Cgroups;

/// <summary>A hierarchy to be shown in a container, mounted inside its cgroup namespace, where its own cgroup is the root.</summary>
/// <param name="Target">The path below /sys/fs/cgroup; empty for /sys/fs/cgroup itself (pure v2), else it needs a tmpfs there.</param>
/// <param name="FileSystem"><c>cgroup2</c> or <c>cgroup</c>.</param>
/// <param name="Options">The data of mount(2): a v1 hierarchy's controllers or <c>none,name=NAME</c>; empty for v2.</param>
internal sealed record CgroupMount(string Target, string FileSystem, string Options);
