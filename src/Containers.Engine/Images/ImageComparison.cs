using Containers.Engine.Layers;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Images;

/// <summary>Compares the files of two images, or of layers with all below them.</summary>
internal static class ImageComparison
{
    /// <summary>Compares; see <see cref="ImageStore.Compare"/>.</summary>
    public static IEnumerable<FileDifference> Run(ImageStore store, string before, string after, bool withTimes, long limit, CancellationToken cancellation)
    {
        using KeptLayers first = Open(store, before);
        using KeptLayers second = Open(store, after);
        using var comparison = Start(store, first, second, withTimes, limit, cancellation);
        foreach (FileDifference difference in comparison.Run())
        {
            yield return difference;
        }
    }

    private static KeptLayers Open(ImageStore store, string image) => !ImageQuery.IsHost(image) ? store.OpenLayers(image) : throw new EngineException(
        EngineErrorReason.NotSupported, image, $"The image '{ImageStore.HostImage}' is this machine's own files, which change while they are read: it cannot be compared.");

    private static TreeComparison Start(ImageStore store, KeptLayers first, KeptLayers second, bool withTimes, long limit, CancellationToken cancellation)
    {
        MergedFolder before = OpenRoot(first);
        try
        {
            return new TreeComparison(before, OpenRoot(second), withTimes, limit, cancellation);
        }
        catch
        {
            before.Dispose();
            throw;
        }
    }

    /// <summary>Opens the root folder that layers show together.</summary>
    /// <exception cref="EngineException">Storage.</exception>
    internal static MergedFolder OpenRoot(KeptLayers kept)
    {
        var layers = new List<FileDescriptor>();
        try
        {
            foreach (string folder in kept.Folders.Reverse())
            {
                layers.Add(Files.Open(Files.CurrentFolder, folder, LibC.O_PATH | LibC.O_DIRECTORY | LibC.O_NOFOLLOW));
            }

            return MergedFolder.OfLayers(layers);
        }
        catch (KernelException failure)
        {
            layers.ForEach(layer => layer.Dispose());
            throw new EngineException(EngineErrorReason.Storage, kept.Name, $"The layers of '{kept.Name}' cannot be read: {failure.Message}.", failure);
        }
        catch
        {
            layers.ForEach(layer => layer.Dispose());
            throw;
        }
    }
}
