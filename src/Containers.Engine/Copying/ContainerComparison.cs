using Containers.Engine.Images;
using Containers.Engine.Layers;
using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Engine.Copying;

/// <summary>Compares containers with the images that they were made of. Only folders are read that the container has written to.</summary>
/// <param name="services">The engine's.</param>
/// <param name="views">Opens containers' layers.</param>
internal sealed class ContainerComparison(EngineServices services, ContainerViews views)
{
    /// <summary>Compares; see <see cref="ContainerEngine.Compare"/>.</summary>
    public IEnumerable<FileDifference> Run(string id, bool withTimes, CancellationToken cancellation)
    {
        ContainerDocument document = views.ReadDocument(id);
        if (document.Options.RootFileSystem is { } folder)
        {
            throw new EngineException(
                EngineErrorReason.NotSupported, document.Name, $"The container '{document.Name}' runs in the folder '{folder}' and was made of no image that it could be compared with.");
        }

        using KeptLayers? kept = document.Layers.Count > 0 ? services.Images.OpenLayers(document.Layers[^1]) : null;
        using TreeComparison comparison = Start(document, withTimes, out IReadOnlyList<byte[]> mountPoints, cancellation);
        foreach (FileDifference difference in comparison.Run())
        {
            // The container has not made them.
            if (difference.Kind != FileDifferenceKind.Added || !mountPoints.Any(name => difference.RawPath.AsSpan().SequenceEqual(name)))
            {
                yield return difference;
            }
        }
    }

    private TreeComparison Start(ContainerDocument document, bool withTimes, out IReadOnlyList<byte[]> mountPoints, CancellationToken cancellation)
    {
        try
        {
            MergedFolder? before = null, after = null;
            try
            {
                before = Open(document, withUpper: false);
                after = Open(document, withUpper: true);
                mountPoints = KernelMountPoints.FindEmpty(after.Top);
                return new TreeComparison(before, after, withTimes, ExtractionLimits.Default.MaximumEntries, cancellation);
            }
            catch
            {
                before?.Dispose();
                after?.Dispose();
                throw;
            }
        }
        catch (KernelException failure)
        {
            throw new EngineException(EngineErrorReason.Storage, document.Name, $"The files of the container '{document.Name}' cannot be read: {failure.Message}.", failure);
        }
    }

    private MergedFolder Open(ContainerDocument document, bool withUpper)
    {
        List<FileDescriptor> layers = views.OpenLayers(document, withUpper);
        if (document.ImageId == ImageStore.HostImage)
        {
            // As overlayfs sees it: without what is mounted in the machine's root.
            FileDescriptor mounted = layers[0];
            layers[0] = DetachedMounts.OfFolder("/");
            mounted.Dispose();
        }

        layers.Reverse();
        return MergedFolder.OfLayers(layers);
    }
}
