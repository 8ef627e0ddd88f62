namespace Containers.Engine.Cgroups;

/// <summary>Where a cgroup is in one mounted hierarchy.</summary>
/// <param name="IsUnified">Whether it is the v2 hierarchy.</param>
/// <param name="MountPoint">Where the hierarchy is mounted.</param>
/// <param name="Folder">The cgroup's folder there, an absolute path.</param>
/// <param name="Controllers">The controllers that the cgroup has there: on v1 those of the hierarchy, on v2 those of its cgroup.controllers.</param>
/// <param name="Name">The name of a v1 hierarchy (<c>systemd</c>), or null.</param>
/// <param name="ProcessIds">The processes in it, without those below it, in rising order; numbers of this PID namespace.</param>
public sealed record CgroupPlace(
    bool IsUnified, string MountPoint, string Folder, IReadOnlyList<string> Controllers, string? Name, IReadOnlyList<int> ProcessIds);
