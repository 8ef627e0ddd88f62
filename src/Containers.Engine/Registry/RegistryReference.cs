using Containers.Engine.Images;

namespace Containers.Engine.Registry;

/// <summary>Where an image's name leads: a registry, a repository in it, and a tag or a digest there.</summary>
/// <param name="Host">The registry as names have it: docker.io, registry.example.org:5000.</param>
/// <param name="Path">The repository in it: library/debian.</param>
/// <param name="Tag">The tag; null where only a digest was given.</param>
/// <param name="Digest">The manifest's digest, or null.</param>
internal sealed record RegistryReference(string Host, string Path, string? Tag, string? Digest)
{
    /// <summary>What the manifest is asked for by: the digest counts more than the tag.</summary>
    public string Key => Digest ?? Tag ?? "latest";

    /// <summary>Where a name leads.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The reference.</returns>
    public static RegistryReference From(ImageName name) => new(name.Host, name.Path, name.Tag, name.Digest);

    /// <summary>Where a name leads.</summary>
    /// <param name="text">The name.</param>
    /// <returns>The reference.</returns>
    /// <exception cref="EngineException">InvalidArgument for what is no name, or the name of the built-in image.</exception>
    public static RegistryReference Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        ImageName name = ImageName.Parse(text);
        return name.Repository == ImageStore.HostImage
            ? throw new EngineException(
                EngineErrorReason.InvalidArgument, text, $"'{ImageStore.HostImage}' is the built-in image, this machine's own files: it is neither in a registry nor can it be sent to one.")
            : From(name);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Host}/{Path}{(Tag is null ? string.Empty : ":" + Tag)}{(Digest is null ? string.Empty : "@" + Digest)}";
}
