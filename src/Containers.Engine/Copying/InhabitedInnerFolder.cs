using Containers.Engine.Layers;
using Containers.Interop;

namespace Containers.Engine.Copying;

/// <summary>A folder of a container that something is copied to. Links on the way lead where they lead in the container.</summary>
/// <param name="view">The container.</param>
/// <param name="folderPath">The folder's path from the root.</param>
internal sealed class InhabitedInnerFolder(ContainerView view, byte[] folderPath) : IInhabitedFolder
{
    /// <inheritdoc/>
    public FileDescriptor? TryOpen(ReadOnlySpan<byte> path, out Errno errno)
    {
        try
        {
            using InnerPlace place = view.Resolve(Whole(path), follow: true);
            RequireWritable(view, place.Path);
            errno = place.File is null ? Errno.ENOENT : place.IsFolder ? Errno.None : Errno.ENOTDIR;
            return place.IsFolder ? place.File!.Duplicate() : null;
        }
        catch (EngineException e) when (e.Reason is EngineErrorReason.NotFound or EngineErrorReason.InvalidArgument)
        {
            errno = e.Reason == EngineErrorReason.NotFound ? Errno.ENOENT : Errno.ELOOP;
            return null;
        }
    }

    /// <inheritdoc/>
    public bool IsMounted(ReadOnlySpan<byte> path) => view.Find(Whole(path)) is not null;

    /// <summary>Refuses what the container itself may only read.</summary>
    /// <param name="view">The container.</param>
    /// <param name="path">A folder's path from the root.</param>
    /// <exception cref="EngineException">PermissionDenied.</exception>
    public static void RequireWritable(ContainerView view, ReadOnlySpan<byte> path)
    {
        if (view.IsReadOnlyAt(path))
        {
            string shown = ContainerView.Display(path);
            throw new EngineException(
                EngineErrorReason.PermissionDenied, shown, $"Nothing can be copied to '{shown}' of the container '{view.Name}': its root file system, or the volume there, is read-only.");
        }
    }

    private byte[] Whole(ReadOnlySpan<byte> path) => folderPath.Length == 0 ? path.ToArray() : [.. folderPath, (byte)'/', .. path];
}
