namespace Containers.Engine.Images;

/// <summary>An image of the layout with the entry of the index that names it.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Info">What is known of the image.</param>
/// <param name="Blobs">The digests of its blobs.</param>
/// <param name="IsWhole">Whether all its documents could be read; where not, what it needs is not known.</param>
internal sealed record StoredImage(OciDescriptor Entry, ImageInfo Info, IReadOnlyList<string> Blobs, bool IsWhole);
