namespace Containers.Engine.Images.Archives;

/// <summary>A regular file of an image archive or of a layout's folder.</summary>
/// <param name="Name">Its path there.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Open">Opens its content, on any thread and any number of times.</param>
internal sealed record ArchiveFile(string Name, long Size, Func<Stream> Open);
