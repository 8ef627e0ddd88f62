namespace Containers.Arguments;

/// <summary>Mounts of images by id or path, by what is mounted, or as objects.</summary>
internal sealed class MountArgumentAttribute() : NameArgumentAttribute("Id", "Path");
