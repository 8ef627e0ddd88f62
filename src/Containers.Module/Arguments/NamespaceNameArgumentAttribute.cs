namespace Containers.Arguments;

/// <summary>Names of pinned namespaces, or objects that have one.</summary>
internal sealed class NamespaceNameArgumentAttribute() : NameArgumentAttribute("Name");
