namespace Containers.Engine.Images.Archives;

/// <summary>An image that is exported.</summary>
/// <param name="Manifest">Its manifest, with the platform.</param>
/// <param name="ConfigDigest">The digest of its configuration.</param>
/// <param name="LayerDigests">The digests of its layers, lowest first.</param>
internal sealed record ExportedImage(OciDescriptor Manifest, string ConfigDigest, IReadOnlyList<string> LayerDigests)
{
    /// <summary>The names it is exported under.</summary>
    public List<ImageName> Names { get; } = [];
}
