namespace Containers.Arguments;

/// <summary>Containers by name, id, prefix of an id, or as objects.</summary>
internal sealed class ContainerNameArgumentAttribute() : NameArgumentAttribute("ContainerId", "Id", "Name");
