namespace Containers.Arguments;

/// <summary>Paths of cgroups, or objects of Get-Cgroup.</summary>
internal sealed class CgroupPathArgumentAttribute() : NameArgumentAttribute("Path");
