using Containers.Engine.Layers;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Images;

/// <summary>Compares the files of two images.</summary>
internal static class ImageComparison
{
    /// <summary>Compares; see <see cref="ImageStore.Compare"/>.</summary>
    public static IEnumerable<FileDifference> Run(ImageStore store, string before, string after, bool withTimes, long limit, CancellationToken cancellation)
    {
        using ImageContent first = Open(store, before);
        using ImageContent second = Open(store, after);
        using var comparison = Start(store, first, second, withTimes, limit, cancellation);
        foreach (FileDifference difference in comparison.Run())
        {
            yield return difference;
        }
    }

    private static ImageContent Open(ImageStore store, string image) => !ImageQuery.IsHost(image) ? store.OpenContent(image) : throw new EngineException(
        EngineErrorReason.NotSupported, image, $"The image '{ImageStore.HostImage}' is this machine's own files, which change while they are read: it cannot be compared.");

    private static TreeComparison Start(ImageStore store, ImageContent first, ImageContent second, bool withTimes, long limit, CancellationToken cancellation)
    {
        MergedFolder before = OpenRoot(store, first);
        try
        {
            return new TreeComparison(before, OpenRoot(store, second), withTimes, limit, cancellation);
        }
        catch
        {
            before.Dispose();
            throw;
        }
    }

    private static MergedFolder OpenRoot(ImageStore store, ImageContent content)
    {
        var layers = new List<FileDescriptor>();
        try
        {
            foreach (string folder in store.LayerFolders(content.Info).Reverse())
            {
                layers.Add(Files.Open(Files.CurrentFolder, folder, LibC.O_PATH | LibC.O_DIRECTORY | LibC.O_NOFOLLOW));
                LayerAttributes.Read(layers[^1], out OverlayMarks marks);
                if (marks.HasFlag(OverlayMarks.Opaque))
                {
                    break;
                }
            }

            return new MergedFolder(layers);
        }
        catch (KernelException failure)
        {
            layers.ForEach(layer => layer.Dispose());
            throw new EngineException(EngineErrorReason.Storage, content.Info.Name ?? content.Info.Id, $"The layers of the image '{content.Info.Name ?? content.Info.Id}' cannot be read: {failure.Message}.", failure);
        }
        catch
        {
            layers.ForEach(layer => layer.Dispose());
            throw;
        }
    }
}
