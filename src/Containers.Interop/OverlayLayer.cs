namespace Containers.Interop;

/// <summary>A folder that is to be a layer of an overlay.</summary>
/// <param name="Folder">The folder; O_PATH is enough. Stays the caller's.</param>
/// <param name="Name">A path by which the kernel may call it; null where none matters.</param>
public readonly record struct OverlayLayer(FileDescriptor Folder, string? Name = null);
