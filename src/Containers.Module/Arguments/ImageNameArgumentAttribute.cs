namespace Containers.Arguments;

/// <summary>Images by name, id, prefix of an id, or as objects. The name comes first: removing one removes that name.</summary>
internal sealed class ImageNameArgumentAttribute() : NameArgumentAttribute("Name", "Id");
