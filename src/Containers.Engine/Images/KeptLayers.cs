using Containers.Engine.Storage;

namespace Containers.Engine.Images;

/// <summary>The unpacked layers of an image, or a layer with all below it, kept from being removed as long as this object lives.</summary>
/// <param name="name">What they are of.</param>
/// <param name="folders">Their folders, lowest first.</param>
/// <param name="keeper">What keeps them; this object's.</param>
internal sealed class KeptLayers(string name, IReadOnlyList<string> folders, StagingFolder keeper) : IDisposable
{
    /// <summary>The image's name or id, or the layer's chain id.</summary>
    public string Name { get; } = name;

    /// <summary>Absolute paths, lowest layer first.</summary>
    public IReadOnlyList<string> Folders { get; } = folders;

    /// <inheritdoc/>
    public void Dispose() => keeper.Dispose();
}
