using Containers.Engine.Images;
using Containers.Engine.Images.Archives;
using Containers.Engine.Layers;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Copying;

/// <summary>Writes containers' root file systems as archives.</summary>
/// <param name="services">The engine's.</param>
/// <param name="views">Opens containers' files.</param>
internal sealed class ContainerExport(EngineServices services, ContainerViews views)
{
    /// <summary>Writes a file; see <see cref="ContainerEngine.Export(string, string, bool, IProgress{long}, CancellationToken)"/>.</summary>
    public void Run(string id, string path, bool force, IProgress<long>? progress, CancellationToken cancellation)
    {
        using var file = new OutputFile(path, force);
        Run(id, file.Stream, progress, cancellation);
        file.Commit();
    }

    /// <summary>Writes to a stream; see <see cref="ContainerEngine.Export(string, Stream, IProgress{long}, CancellationToken)"/>.</summary>
    public void Run(string id, Stream output, IProgress<long>? progress, CancellationToken cancellation)
    {
        using ContainerLock held = services.Store.Lock(id, cancellation);
        ContainerDocument document = views.ReadDocument(id);
        if (document.ImageId == ImageStore.HostImage)
        {
            throw new EngineException(
                EngineErrorReason.NotSupported, document.Name,
                $"The container '{document.Name}' was made of '{ImageStore.HostImage}', this machine's own files, which are not exported. Copy what is needed out of it: Copy-ContainerItem {document.Name}:/PATH .");
        }

        try
        {
            // Of a running one too: what is mounted in it is in its own mount namespace alone, and so not in here.
            using FileDescriptor root = document.Options.RootFileSystem is { } folder
                ? Files.Open(Files.CurrentFolder, folder, LibC.O_PATH | LibC.O_DIRECTORY)
                : views.MountReadOnly(document);
            using var counted = new CountedStream(output, progress);
            new TreeArchive(root, [], new LayerWriteOptions { Source = LayerSourceKind.Tree }).Write(counted, cancellation);
        }
        catch (KernelException failure)
        {
            throw new EngineException(EngineErrorReason.Storage, document.Name, $"The container '{document.Name}' cannot be exported: {failure.Message}.", failure);
        }
    }
}
