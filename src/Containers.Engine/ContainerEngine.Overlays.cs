using Containers.Engine.Overlays;

namespace Containers.Engine;

/// <content>Overlays, of containers and without any.</content>
public sealed partial class ContainerEngine
{
    /// <summary>Mounts an overlay of folders (kernel documentation, filesystems/overlayfs).</summary>
    /// <param name="options">The folders and how.</param>
    /// <param name="target">
    /// The folder to mount it on, an absolute path; it stays mounted when the session ends. Null for a detached one, which is in no mount namespace and goes when what this gives
    /// is disposed, or with the process.
    /// </param>
    /// <returns>The overlay.</returns>
    /// <exception cref="EngineException">InvalidArgument, NotFound (a folder), Busy (an upper folder in use), LimitExceeded, NotSupported, PermissionDenied. Nothing is mounted.</exception>
    public OverlayMount MountOverlay(OverlayOptions options, string? target) => overlays.Mount(options, target);

    /// <summary>The overlays of this process's mount namespace, in the order in which they were mounted, and the detached ones of this process.</summary>
    /// <returns>The overlays.</returns>
    public IReadOnlyList<OverlayMount> ListOverlays() => overlays.List();

    /// <summary>The overlay that is mounted on a path: of several the topmost.</summary>
    /// <param name="path">An absolute path; links in it are followed. Of a detached one its own.</param>
    /// <returns>The overlay.</returns>
    /// <exception cref="EngineException">NotFound.</exception>
    public OverlayMount GetOverlay(string path) => overlays.At(path);

    /// <summary>The overlays in a running container: its root, and what it has mounted itself.</summary>
    /// <param name="id">The container's id.</param>
    /// <returns>The overlays.</returns>
    /// <exception cref="EngineException">NotFound, Busy where it does not run.</exception>
    public IReadOnlyList<OverlayMount> ListOverlays(string id) => overlays.ListOf(id);

    /// <summary>Tells which layers of an overlay a path comes from. Links of folders lead where they lead in the overlay; a link in the last component is not followed.</summary>
    /// <param name="overlay">The overlay, of this process's mount namespace or detached.</param>
    /// <param name="path">The path, from the overlay's root.</param>
    /// <returns>What the layers have there, topmost first: what the overlay shows, what it hides, and what hides it.</returns>
    /// <exception cref="EngineException">NotFound, NotSupported (it lies in another mount; the folders are not known by path), PermissionDenied, Storage.</exception>
#pragma warning disable CA1822 // An operation of the engine, as all others.
    public IReadOnlyList<OverlayFile> FindInOverlay(OverlayMount overlay, string path) => OverlayCatalog.Find(overlay, path);
#pragma warning restore CA1822

    /// <summary>Tells which layers of a container's root a path comes from, as <see cref="FindInOverlay"/>, whether the container runs or not.</summary>
    /// <param name="id">The container's id.</param>
    /// <param name="path">The path in it.</param>
    /// <returns>What the layers have there, topmost first.</returns>
    /// <exception cref="EngineException">NotFound, NotSupported (a root that is a folder; a volume), PermissionDenied, Storage.</exception>
    public IReadOnlyList<OverlayFile> FindInContainer(string id, string path) => overlays.Find(id, path);

    /// <summary>Takes an overlay away. Its folders stay as they are.</summary>
    /// <param name="overlay">The overlay, of this process's mount namespace or detached.</param>
    /// <param name="isLazy">Whether one that is in use goes out of the tree at once and ends with its last user.</param>
    /// <exception cref="EngineException">Busy, NotFound (it is mounted no more), NotSupported (a container's, or a mounted image), PermissionDenied.</exception>
#pragma warning disable CA1822 // An operation of the engine, as all others.
    public void DismountOverlay(OverlayMount overlay, bool isLazy = false) => OverlayCatalog.Dismount(overlay, isLazy);
#pragma warning restore CA1822
}
