using Containers.Engine.Images;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Overlays;

/// <summary>The overlays of this session and of containers.</summary>
/// <param name="services">The engine's.</param>
/// <param name="observer">Tells states.</param>
internal sealed class OverlayCatalog(EngineServices services, ContainerObserver observer)
{
    // Of the process: a session may open its engine anew while it holds one.
    private static readonly DetachedOverlays Detached = new();

    private readonly OverlayTable table = new(RealPath(services.MountPoint));

    /// <summary>Mounts an overlay.</summary>
    public OverlayMount Mount(OverlayOptions options, string? target) => new OverlayMounter(table, Detached, services.MountPoint).Mount(options, target);

    /// <summary>The overlays of this session's mount namespace, in the order in which they were mounted, and the detached ones of this session.</summary>
    public IReadOnlyList<OverlayMount> List()
    {
        List<OverlayMount> found = [.. MountEntry.Read("self").Select(table.Describe).OfType<OverlayMount>()];
        if (found.Count > 0)
        {
            var images = services.ImageMounts.List().ToDictionary(static mount => RealPath(mount.Path), StringComparer.Ordinal);
            foreach (OverlayMount overlay in found)
            {
                if (images.TryGetValue(overlay.Path, out ImageMount? image))
                {
                    (overlay.Image, overlay.ImageMountId) = (image.ImageName, image.Id);
                }
            }
        }

        return [.. found, .. Detached.List()];
    }

    /// <summary>The overlay that is mounted on a path: of several the topmost.</summary>
    /// <param name="path">An absolute path; links in it are followed.</param>
    /// <exception cref="EngineException">NotFound.</exception>
    public OverlayMount At(string path)
    {
        IReadOnlyList<OverlayMount> all = List();
        if (all.LastOrDefault(overlay => overlay.Path == path) is { } exact)
        {
            return exact;
        }

        using FileDescriptor? place = Files.TryOpen(Files.CurrentFolder, path, LibC.O_PATH, 0, out Errno errno);
        string? real = place is null ? null : Files.ReadLink(Files.CurrentFolder, $"/proc/self/fd/{place.Number}");
        OverlayMount? around = real is null ? null : all.LastOrDefault(overlay => !overlay.IsDetached && overlay.MountId == MountEntry.IdOf(place!));
        return around is not null && around.Path == real ? around : throw new EngineException(
            EngineErrorReason.NotFound, path,
            around is not null ? $"No overlay is mounted on '{path}': it lies in the one on '{around.Path}'."
                : $"No overlay is mounted on '{path}'{(errno == Errno.ENOENT ? ": it is not there" : string.Empty)}.");
    }

    /// <summary>The overlays of a running container's mount namespace.</summary>
    /// <param name="id">The container's id.</param>
    /// <exception cref="EngineException">NotFound, Busy where it does not run.</exception>
    public IReadOnlyList<OverlayMount> ListOf(string id)
    {
        ContainerSnapshot container = observer.Observe(id) ?? throw ContainerStore.NotFound(id);
        if (container.State == ContainerState.Running && services.Store.Records.ReadLaunched(id, CancellationToken.None).Running is { } running)
        {
            ProcessIdentity first = ContainerObserver.FirstProcess(running);
            IReadOnlyList<MountEntry> mounts = MountEntry.Read($"{running.Pid}");

            // A process that still lives had the number all the while.
            if (first.IsAlive)
            {
                return [.. mounts.Select(mount => OfContainer(mount, id)).OfType<OverlayMount>()];
            }
        }

        throw new EngineException(
            EngineErrorReason.Busy, container.Name,
            $"The container '{container.Name}' is not running: nothing of it is mounted. Start it, or ask for a file, whose layers are known all the same: Get-Overlay -Container {container.Name} -File PATH");
    }

    /// <summary>Tells which layers of an overlay a path comes from.</summary>
    /// <param name="overlay">The overlay, of this session's mount namespace or detached.</param>
    /// <param name="path">The path, from the overlay's root.</param>
    public static IReadOnlyList<OverlayFile> Find(OverlayMount overlay, string path)
    {
        string shown = $"the overlay on '{overlay.Path}'";
        IReadOnlyList<MountEntry> others = overlay.IsDetached ? [] : [.. MountEntry.Read("self").Where(mount => mount.Id != overlay.MountId)];
        return Find(overlay.Layers, overlay.DataOnly, overlay.UsesUserAttributes, overlay.RootFolder, path, shown, others, overlay.Path);
    }

    /// <summary>Tells which layers of a container's root a path comes from, whether it runs or not.</summary>
    /// <param name="id">The container's id.</param>
    /// <param name="path">The path in it.</param>
    public IReadOnlyList<OverlayFile> Find(string id, string path)
    {
        ContainerSnapshot container = observer.Observe(id) ?? throw ContainerStore.NotFound(id);
        ContainerDocument document = services.Store.Records.Read(id).Document ?? throw ContainerStore.NotFound(id);
        if (document.Options.RootFileSystem is { } folder)
        {
            throw new EngineException(
                EngineErrorReason.NotSupported, container.Name, $"The root of the container '{container.Name}' is the folder '{folder}': it has no layers.");
        }

        string shown = $"the container '{container.Name}'";
        IReadOnlyList<MountEntry> others =
            container.State == ContainerState.Running && services.Store.Records.ReadLaunched(id, CancellationToken.None).Running is { } running
            ? [.. MountEntry.Read($"{running.Pid}").Where(static mount => mount.Path != "/")] : [];
        IReadOnlyList<string> layers = [$"{services.Roots.StateRoot.TrimEnd('/')}/containers/{id}/upper", .. LowerOf(document)];
        return Find(layers, [], isUser: false, "/", path, shown, others, "/");
    }

    /// <summary>Takes an overlay away.</summary>
    public static void Dismount(OverlayMount overlay, bool isLazy) => OverlayRemoval.Dismount(overlay, isLazy);

    private static IReadOnlyList<OverlayFile> Find(
        IReadOnlyList<string> layers, IReadOnlyList<string> dataOnly, bool isUser, string root, string path, string shown, IReadOnlyList<MountEntry> others, string place)
    {
        try
        {
            using var opened = new OverlayLayers(layers, dataOnly);
            IReadOnlyList<OverlayFile> found = new OverlayLookup(opened, new OverlayMarkReader(isUser), shown).Find(root == "/" ? path : $"{root}/{path}");
            CheckOwn(others, place, root == "/" ? found[0].Path : found[0].Path[root.Length..], path, shown);
            return found;
        }
        catch (EngineException failure) when (failure.Reason == EngineErrorReason.NotFound)
        {
            CheckOwn(others, place, "/" + path.Trim('/'), path, shown);
            throw new EngineException(EngineErrorReason.NotFound, path, $"'{path}' is in no layer of {shown}.", failure);
        }
        catch (KernelException failure)
        {
            throw new EngineException(
                failure.Errno is Errno.EPERM or Errno.EACCES ? EngineErrorReason.PermissionDenied : EngineErrorReason.Storage, path,
                $"Where '{path}' of {shown} comes from cannot be told: {failure.Message}.", failure);
        }
    }

    // As the kernel calls a folder: the engine's own may be configured by a path with links.
    private static string RealPath(string path)
    {
        using FileDescriptor? folder = Files.TryOpen(Files.CurrentFolder, path, LibC.O_PATH, 0, out _);
        return (folder is null ? null : Files.ReadLink(Files.CurrentFolder, $"/proc/self/fd/{folder.Number}")) ?? path;
    }

    // What is mounted in an overlay, as a volume, comes from no layer.
    private static void CheckOwn(IEnumerable<MountEntry> others, string place, string inside, string asked, string shown)
    {
        string full = place.TrimEnd('/') + inside;
        if (others.LastOrDefault(mount => mount.Path.Length > place.Length && MountEntry.IsBelow(mount.Path, place) && mount.Covers(full)) is { } over)
        {
            throw new EngineException(
                EngineErrorReason.NotSupported, asked, $"'{asked}' of {shown} comes from no layer: another file system ({over.Type}) is mounted on '{over.Path}'.");
        }
    }

    // The kernel shows the folders as the container's start wrote them down: short names in a folder of its own.
    private OverlayMount? OfContainer(MountEntry mount, string id)
    {
        if (table.Describe(mount) is not { } overlay)
        {
            return null;
        }

        if (mount is { Path: "/" } && services.Store.Records.Read(id).Document is { Options.RootFileSystem: null } document)
        {
            string folder = $"{services.Roots.StateRoot.TrimEnd('/')}/containers/{id}";
            return new OverlayMount
            {
                Path = overlay.Path,
                RootFolder = overlay.RootFolder,
                Lower = LowerOf(document),
                Upper = $"{folder}/upper",
                Work = $"{folder}/work",
                Options = overlay.Options,
                MountId = overlay.MountId,
                Device = overlay.Device,
                IsReadOnly = overlay.IsReadOnly,
                ContainerId = id,
            };
        }

        overlay.ContainerId = id;
        return overlay;
    }

    private IReadOnlyList<string> LowerOf(ContainerDocument document)
    {
        List<string> lower =
            [.. document.Layers.Reverse().Select(layer => $"{services.Roots.StateRoot.TrimEnd('/')}/layers/{Digest.Hex(layer)}/{LayerStore.FilesName}")];
        if (document.ImageId == ImageStore.HostImage)
        {
            lower.Add("/");
        }

        return lower;
    }
}
