using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Overlays;

/// <summary>
/// The folders of an overlay, opened: each a mount of its own that is nowhere, without what is mounted in the folder, as overlayfs sees it.
/// </summary>
internal sealed class OverlayLayers : IDisposable
{
    private readonly List<(string Path, FileDescriptor Root)> all = [];

    /// <summary>Opens them.</summary>
    /// <param name="layers">The folders, topmost first.</param>
    /// <param name="dataOnly">Those that only content comes from.</param>
    /// <exception cref="EngineException">NotSupported where one cannot be found by its name; Storage.</exception>
    public OverlayLayers(IReadOnlyList<string> layers, IReadOnlyList<string> dataOnly)
    {
        Count = layers.Count;
        try
        {
            foreach (string path in layers.Concat(dataOnly))
            {
                all.Add((path, Open(path)));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>How many there are besides those that only content comes from.</summary>
    public int Count { get; }

    /// <summary>How many there are.</summary>
    public int CountWithData => all.Count;

    /// <summary>A layer's folder.</summary>
    /// <param name="layer">Its place, 0 the topmost.</param>
    public string PathOf(int layer) => all[layer].Path;

    /// <summary>A layer's root.</summary>
    /// <param name="layer">Its place, 0 the topmost.</param>
    public FileDescriptor RootOf(int layer) => all[layer].Root;

    /// <inheritdoc/>
    public void Dispose() => all.ForEach(static layer => layer.Root.Dispose());

    private static FileDescriptor Open(string path)
    {
        if (path.Length == 0 || path[0] != '/' || path.StartsWith("/proc/self/", StringComparison.Ordinal))
        {
            throw new EngineException(
                EngineErrorReason.NotSupported, path, $"The overlay calls one of its folders '{path}', which means something to the process alone that mounted it: what lies in it cannot be told.");
        }

        try
        {
            try
            {
                return DetachedMounts.OfFolder(path);
            }
            catch (KernelException failure) when (failure.Errno is Errno.EPERM or Errno.EINVAL)
            {
                return Files.Open(Files.CurrentFolder, path, LibC.O_PATH | LibC.O_DIRECTORY);
            }
        }
        catch (KernelException failure)
        {
            throw new EngineException(EngineErrorReason.Storage, path, $"The folder '{path}' of the overlay cannot be opened: {failure.Message}.", failure);
        }
    }
}
