using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Layers;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Copying;

/// <summary>
/// Opens the files of containers. Those of a running one are reached through its first process, as its processes see them, with volumes and in-memory folders. Those of another
/// are its layers, mounted by descriptor alone: in no mount namespace, and gone with the descriptor.
/// </summary>
/// <param name="services">The engine's.</param>
/// <param name="observer">Tells states.</param>
internal sealed class ContainerViews(EngineServices services, ContainerObserver observer)
{
    private const string MemoryFolder = "it lies in memory, and is there only while the container runs. Start it first";

    /// <summary>Opens a container's files. The caller has it locked, so that no other mount of its writable layer comes up meanwhile.</summary>
    /// <param name="held">The container's lock.</param>
    /// <param name="forWriting">Whether something is to be written.</param>
    /// <returns>The view.</returns>
    /// <exception cref="EngineException">NotFound, Busy (never made whole), NotSupported, PermissionDenied, Storage.</exception>
    public ContainerView Open(ContainerLock held, bool forWriting)
    {
        ContainerDocument document = ReadDocument(held.Id);
        try
        {
            return TryOpenRunning(held.Id, document) ?? OpenStopped(document, forWriting);
        }
        catch (KernelException failure)
        {
            throw new EngineException(
                failure.Errno is Errno.EPERM or Errno.EACCES ? EngineErrorReason.PermissionDenied : EngineErrorReason.Storage, document.Name,
                $"The files of the container '{document.Name}' cannot be opened: {failure.Message}.", failure);
        }
    }

    /// <summary>A container's document.</summary>
    /// <exception cref="EngineException">NotFound, Busy.</exception>
    public ContainerDocument ReadDocument(string id) => services.Store.Records.Read(id).Document ?? throw (observer.Observe(id) is null ? ContainerStore.NotFound(id) : new EngineException(
        EngineErrorReason.Busy, id, $"The container '{id[..12]}' was never made whole: it has no files. Remove it: Remove-Container {id[..12]}"));

    /// <summary>Opens the folders of a container's layers.</summary>
    /// <param name="document">The container, made of an image.</param>
    /// <param name="withUpper">Whether the writable layer is one of them.</param>
    /// <returns>The folders, lowest first; the caller's.</returns>
    /// <exception cref="KernelException">One cannot be opened.</exception>
    public List<FileDescriptor> OpenLayers(ContainerDocument document, bool withUpper)
    {
        var layers = new List<FileDescriptor>();
        try
        {
            if (document.ImageId == ImageStore.HostImage)
            {
                layers.Add(Files.Open(Files.CurrentFolder, "/", LibC.O_PATH | LibC.O_DIRECTORY));
            }

            foreach (string layer in document.Layers)
            {
                layers.Add(Files.Open(
                    Files.CurrentFolder, Path.Combine(services.Roots.StateRoot, "layers", Digest.Hex(layer), LayerStore.FilesName), LibC.O_PATH | LibC.O_DIRECTORY | LibC.O_NOFOLLOW));
            }

            if (withUpper)
            {
                using FileDescriptor state = services.Store.OpenStateFolder(document.Id) ?? throw ContainerStore.NotFound(document.Id);
                layers.Add(Files.Open(state.Number, "upper", LibC.O_PATH | LibC.O_DIRECTORY | LibC.O_NOFOLLOW));
            }

            return layers;
        }
        catch
        {
            layers.ForEach(layer => layer.Dispose());
            throw;
        }
    }

    /// <summary>Mounts a container's layers, the writable one too, for reading.</summary>
    /// <param name="document">The container, made of an image; it may run.</param>
    /// <returns>The root; the caller's.</returns>
    /// <exception cref="KernelException">It cannot be mounted.</exception>
    public FileDescriptor MountReadOnly(ContainerDocument document)
    {
        List<FileDescriptor> layers = OpenLayers(document, withUpper: true);
        try
        {
            return DetachedMounts.Overlay(layers, null, null, document.Name);
        }
        finally
        {
            layers.ForEach(layer => layer.Dispose());
        }
    }

    private ContainerView? TryOpenRunning(string id, ContainerDocument document)
    {
        ContainerSnapshot snapshot = observer.Observe(id) ?? throw ContainerStore.NotFound(id);
        if (snapshot.State != ContainerState.Running || services.Store.Records.ReadLaunched(id, CancellationToken.None).Running is not { } running)
        {
            return null;
        }

        ProcessIdentity first = ContainerObserver.FirstProcess(running);
        using FileDescriptor? process = first.TryOpen();
        FileDescriptor? root = process is null ? null : Files.TryOpen(Files.CurrentFolder, $"/proc/{running.Pid}/root", LibC.O_PATH | LibC.O_DIRECTORY, 0, out _);
        if (root is null)
        {
            return null;
        }

        UserMapping? users = document.Options.UserNamespace;
        var view = new ContainerView(document.Name, root, isReadOnly: false) { Owners = users is null ? null : new OwnerTranslation(users.Users, users.GroupsOrUsers) };
        string? inside = Files.ReadLink(Files.CurrentFolder, $"/proc/{running.Pid}/ns/mnt");

        // A process that still lives had the number all the while: it is the container's root that was opened.
        if (inside is null || Pidfd.TrySignal(process!, 0) != Errno.None || !first.IsAlive)
        {
            view.Dispose();
            return null;
        }

        if (inside == Files.ReadLink(Files.CurrentFolder, "/proc/self/ns/mnt"))
        {
            // Only a privileged process gets there: what it calls its root is the machine's.
            view.Dispose();
            throw new EngineException(
                EngineErrorReason.NotSupported, document.Name, $"The first process of the container '{document.Name}' has left the container's mount namespace for this machine's: its root is no container's.");
        }

        view.ShutKernelFolders();
        return view;
    }

    private ContainerView OpenStopped(ContainerDocument document, bool forWriting)
    {
        // A layer may not lie in another: of the machine's root, in which the writable one lies, there is no mount for reading alone.
        FileDescriptor root = document.Options.RootFileSystem is { } folder
            ? Files.Open(Files.CurrentFolder, folder, LibC.O_PATH | LibC.O_DIRECTORY)
            : forWriting || document.ImageId == ImageStore.HostImage ? MountWritable(document) : MountReadOnly(document);
        var view = new ContainerView(document.Name, root, document.Options.ReadOnly);
        try
        {
            view.ShutKernelFolders();
            AddMounts(view, document);
            return view;
        }
        catch
        {
            view.Dispose();
            throw;
        }
    }

    private FileDescriptor MountWritable(ContainerDocument document)
    {
        if (document.Options.RemoveOnExit)
        {
            // A volatile overlay leaves a mark in its work folder, and another one refuses it then.
            services.Store.RemakeWorkFolder(document.Id);
        }

        List<FileDescriptor> layers = OpenLayers(document, withUpper: true);
        try
        {
            using FileDescriptor state = services.Store.OpenStateFolder(document.Id) ?? throw ContainerStore.NotFound(document.Id);
            using FileDescriptor work = Files.Open(state.Number, "work", LibC.O_PATH | LibC.O_DIRECTORY | LibC.O_NOFOLLOW);
            return DetachedMounts.Overlay(layers[..^1], layers[^1], work, document.Name);
        }
        finally
        {
            layers.ForEach(layer => layer.Dispose());
        }
    }

    /// <summary>What the container's start would mount, outer ones before those inside them.</summary>
    private void AddMounts(ContainerView view, ContainerDocument document)
    {
        if (document.ImageId == ImageStore.HostImage)
        {
            foreach (string hidden in (string[])["/run", "/tmp", services.Roots.StateRoot, services.Roots.RuntimeRoot])
            {
                view.Shut(PathIn(view, hidden), MemoryFolder);
            }
        }

        IEnumerable<(string Target, BindMount? Volume)> all =
            [.. document.Options.Volumes.Select(volume => (volume.Target, (BindMount?)volume)), .. document.Options.Tmpfs.Select(tmpfs => (tmpfs.Target, (BindMount?)null))];
        foreach ((string target, BindMount? volume) in all.OrderBy(mount => mount.Target.Count(c => c == '/')))
        {
            byte[] path = PathIn(view, target);
            if (volume is null)
            {
                view.Shut(path, MemoryFolder);
            }
            else if (Files.TryOpen(Files.CurrentFolder, volume.Source, LibC.O_PATH, 0, out Errno errno) is { } source)
            {
                view.Show(path, source, volume.ReadOnly);
            }
            else
            {
                view.Shut(path, $"it is the volume '{volume.Source}', which cannot be opened ({KernelException.Describe(errno)})");
            }
        }
    }

    // A mount point that is missing so far is made at the start: its path is then what it says.
    private static byte[] PathIn(ContainerView view, string target)
    {
        byte[] asked = Encoding.UTF8.GetBytes(target);
        try
        {
            using InnerPlace place = view.Resolve(asked, follow: true);
            return place.Path;
        }
        catch (EngineException e) when (e.Reason is EngineErrorReason.NotFound or EngineErrorReason.NotSupported)
        {
            return asked.AsSpan().Trim((byte)'/').ToArray();
        }
    }
}
