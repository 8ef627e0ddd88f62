using Containers.Engine.Events;
using Containers.Engine.Layers;
using Containers.Interop;

namespace Containers.Engine.Images;

/// <content>Making images of files, and comparing images' files.</content>
public sealed partial class ImageStore
{
    /// <summary>Makes an image of one layer from a folder's files.</summary>
    /// <param name="folder">The folder's path; its last component may be a symbolic link, and nothing below leads out of it. Only its own file system is read.</param>
    /// <param name="name">The image's name; a tag may follow a colon. An image that has it loses it.</param>
    /// <param name="options">How, and what its configuration says.</param>
    /// <param name="progress">Told now and then; or null.</param>
    /// <param name="cancellation">Undoes what was done.</param>
    /// <returns>The image.</returns>
    /// <exception cref="EngineException">NotFound, InvalidArgument, InvalidData for files that no layer can hold, Busy for one that shrank meanwhile, LimitExceeded, Storage, Canceled. Nothing is left.</exception>
    public ImageInfo Make(string folder, string name, ImageMakingOptions options, IProgress<LayerProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        using FileDescriptor root = ImageMaking.OpenFolder(folder);
        return Tell(EventAction.Import, TakeIn([ImageMaking.OfFolder(root, name, options, limits)], progress, cancellation))[0];
    }

    /// <summary>Makes an image of one layer from a root file system's tar archive (plain, gzip or zstd), which becomes the layer as it is.</summary>
    /// <param name="archive">The archive; read once, to its end.</param>
    /// <param name="name">The image's name; a tag may follow a colon. An image that has it loses it.</param>
    /// <param name="options">What its configuration says.</param>
    /// <param name="progress">Told now and then; or null.</param>
    /// <param name="cancellation">Undoes what was done.</param>
    /// <returns>The image.</returns>
    /// <exception cref="EngineException">As <see cref="Make(string, string, ImageMakingOptions, IProgress{LayerProgress}, CancellationToken)"/>.</exception>
    public ImageInfo Make(Stream archive, string name, ImageMakingOptions options, IProgress<LayerProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(archive);
        return Tell(EventAction.Import, TakeIn([ImageMaking.OfArchive(archive, name, options)], progress, cancellation))[0];
    }

    /// <summary>
    /// Compares the files of two images as their containers would see them, or of layers with all below them. They are kept from being removed until the enumeration has ended.
    /// </summary>
    /// <param name="before">The first image: a name or the beginning of an id; or a layer's chain id.</param>
    /// <param name="after">The second.</param>
    /// <param name="withTimes">Whether files are told of too of which only the time of the last change differs.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What was added, changed and removed, sorted by the bytes of the paths' components; each as it is found.</returns>
    /// <exception cref="EngineException">As <see cref="Get"/>; NotSupported for the built-in image; Storage where files cannot be read.</exception>
    public IEnumerable<FileDifference> Compare(string before, string after, bool withTimes = false, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return ImageComparison.Run(this, before, after, withTimes, limits.MaximumEntries, cancellation);
    }

    /// <summary>Keeps the unpacked layers of an image, or a layer with all below it, from being removed.</summary>
    /// <param name="imageOrLayer">An image's name, id or beginning of an id; or a layer's chain id.</param>
    /// <returns>The layers.</returns>
    /// <exception cref="EngineException">As <see cref="Get"/>; NotFound where it is neither.</exception>
    internal KeptLayers OpenLayers(string imageOrLayer)
    {
        try
        {
            using (Lock())
            {
                (string name, IReadOnlyList<string> chain) = FindChain(imageOrLayer);
                IReadOnlyList<string> folders = LayerFolders(new ImageInfo { Id = name, Layers = chain });
                return new KeptLayers(name, folders, staging.MakeKeeping(chain));
            }
        }
        catch (KernelException failure)
        {
            throw Storage(imageOrLayer, $"Reading the layers of '{imageOrLayer}'", failure);
        }
    }

    private (string Name, IReadOnlyList<string> Chain) FindChain(string imageOrLayer)
    {
        IReadOnlyList<StoredImage> images = ReadCatalog();
        IReadOnlyList<string>? with = !Digest.IsValid(imageOrLayer) ? null
            : images.Select(image => image.Info.Layers).Concat(uses().Select(use => use.Layers)).FirstOrDefault(chain => chain.Contains(imageOrLayer));
        if (with is not null)
        {
            return (imageOrLayer, [.. with.TakeWhile(layer => layer != imageOrLayer), imageOrLayer]);
        }

        ImageInfo found = Get(imageOrLayer);
        return (found.Name ?? found.Id, found.Layers);
    }
}
