using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Images;

/// <summary>
/// Images mounted for looking: <c>RUNTIME/mounts/ID</c> with a record that is written first and removed last, and the mount <c>root</c>. What is
/// mounted counts as a use of the image; a record without a mount is what a killed session left, and goes with the next change.
/// </summary>
internal sealed class ImageMounts : IDisposable
{
    private const string RecordName = "mount.json", RootName = "root";
    private readonly FileDescriptor folder;
    private readonly string path;
    private readonly string emptyFolder;

    /// <summary>Opens the folder, making it where it is missing.</summary>
    /// <param name="roots">The engine's folders.</param>
    /// <param name="emptyFolder">An empty folder, to lie below the layers.</param>
    public ImageMounts(StorageRoots roots, string emptyFolder)
    {
        this.emptyFolder = emptyFolder;
        path = $"{roots.RuntimeRoot.TrimEnd('/')}/mounts";
        folder = StoreFolder.OpenRoot(path);
    }

    /// <summary>Mounts an image.</summary>
    /// <param name="store">The store.</param>
    /// <param name="nameOrId">A name or the beginning of an id.</param>
    /// <returns>The mount.</returns>
    /// <exception cref="EngineException">As <see cref="ImageStore.Get"/>; NotSupported for the built-in image; Storage or PermissionDenied.</exception>
    public ImageMount Mount(ImageStore store, string nameOrId)
    {
        using FileDescriptor held = store.Lock();
        ImageInfo image = store.Get(nameOrId);
        if (image.IsBuiltIn)
        {
            throw new EngineException(EngineErrorReason.NotSupported, nameOrId, "The image 'host' is this machine's own root: look at / itself.");
        }

        string id = RandomNumberGenerator.GetHexString(12, lowercase: true);
        try
        {
            Remove(Read().Where(one => !one.IsMounted));
            using FileDescriptor own = StoreFolder.Open(folder, id);
            try
            {
                var record = new ImageMountRecord { ImageId = image.Id, ImageName = image.Name ?? image.Id, Layers = image.Layers };
                AtomicDocument.Write(own.Number, RecordName, JsonSerializer.SerializeToUtf8Bytes(record, ImageMountJson.Default.ImageMountRecord), durable: false);
                MountLayers(store.LayerFolders(image), own, record.ImageName);
                return Describe(id, record);
            }
            catch
            {
                Remove(id, own);
                throw;
            }
        }
        catch (KernelException failure)
        {
            throw new EngineException(
                failure.Errno is Errno.EPERM or Errno.EACCES ? EngineErrorReason.PermissionDenied : EngineErrorReason.Storage,
                nameOrId,
                $"The image '{nameOrId}' cannot be mounted: {failure.Message}.",
                failure);
        }
    }

    /// <summary>What is mounted.</summary>
    /// <returns>The mounts.</returns>
    public IReadOnlyList<ImageMount> List() => [.. Read().Where(one => one.IsMounted).Select(one => Describe(one.Id, one.Record))];

    /// <summary>What the mounts use of the store.</summary>
    /// <returns>For each mount what it is called, its image and its layers.</returns>
    public IEnumerable<ImageUse> Uses() =>
        Read().Where(one => one.IsMounted).Select(one => ($"the mount {path}/{one.Id}/{RootName}", one.Record.ImageId, one.Record.Layers));

    /// <summary>Takes a mount away, and what killed sessions left.</summary>
    /// <param name="store">The store.</param>
    /// <param name="id">What the mount is called.</param>
    /// <exception cref="EngineException">NotFound, Storage.</exception>
    public void Dismount(ImageStore store, string id)
    {
        using FileDescriptor held = store.Lock();
        var all = Read();
        if (!all.Exists(one => one.IsMounted && one.Id == id))
        {
            throw new EngineException(EngineErrorReason.NotFound, id, $"Nothing is mounted as '{id}'.");
        }

        try
        {
            Remove(all.Where(one => one.Id == id || !one.IsMounted));
        }
        catch (KernelException failure)
        {
            throw new EngineException(EngineErrorReason.Storage, id, $"The mount '{id}' cannot be taken away: {failure.Message}.", failure);
        }
    }

    /// <summary>What killed sessions left, and what was mounted before the machine was started anew.</summary>
    /// <param name="store">The store.</param>
    /// <returns>What they were called.</returns>
    public IReadOnlyList<string> FindStale(ImageStore store)
    {
        using FileDescriptor held = store.Lock();
        return [.. Read().Where(one => !one.IsMounted).Select(one => one.Id)];
    }

    /// <summary>Removes what is left of a mount.</summary>
    /// <param name="store">The store.</param>
    /// <param name="id">What the mount was called.</param>
    /// <returns>False where it is mounted, or gone.</returns>
    /// <exception cref="KernelException">It cannot be removed.</exception>
    public bool RemoveStale(ImageStore store, string id)
    {
        using FileDescriptor held = store.Lock();
        var stale = Read().FindAll(one => one.Id == id && !one.IsMounted);
        Remove(stale);
        return stale.Count > 0;
    }

    /// <inheritdoc/>
    public void Dispose() => folder.Dispose();

    private void MountLayers(IReadOnlyList<string> layers, FileDescriptor own, string name)
    {
        const MountFlags looking = MountFlags.ReadOnly | MountFlags.NoSuid | MountFlags.NoDev;
        var opened = new List<OverlayLayer>();
        try
        {
            foreach (string layer in layers.Reverse())
            {
                opened.Add(new OverlayLayer(Files.Open(Files.CurrentFolder, layer, LibC.O_RDONLY | LibC.O_DIRECTORY), layer));
            }

            // Overlayfs without a writable layer wants two folders at least: an empty one lies under all.
            opened.Add(new OverlayLayer(Files.Open(Files.CurrentFolder, emptyFolder, LibC.O_RDONLY | LibC.O_DIRECTORY), emptyFolder));
            using FileDescriptor target = StoreFolder.Open(own, RootName);
            using FileDescriptor? mount = DetachedMounts.TryOverlay(opened, null, null, [], looking, out OverlayFailure failure);
            if (mount is not null)
            {
                DetachedMounts.Attach(mount, target, name);
                return;
            }

            Errno errno = failure.Errno == Errno.E2BIG ? Mounts.TryOverlay(opened, null, null, [], looking, target) : failure.Errno;
            if (errno != Errno.None)
            {
                throw new KernelException(errno, $"mounting {layers.Count} layers of", name);
            }
        }
        finally
        {
            opened.ForEach(layer => layer.Folder.Dispose());
        }
    }

    private void Remove(IEnumerable<(string Id, ImageMountRecord Record, bool IsMounted)> mounts)
    {
        foreach ((string id, ImageMountRecord _, bool _) in mounts)
        {
            using FileDescriptor own = StoreFolder.Open(folder, id);
            Remove(id, own);
        }
    }

    // Never with a walk through the folder, in which an image may still be mounted.
    private void Remove(string id, FileDescriptor own)
    {
        while (Mounts.Unmount(own, RootName))
        {
        }

        _ = Files.TryRemove(own.Number, RootName, isFolder: true);
        _ = Files.TryRemove(own.Number, RecordName, isFolder: false);
        _ = Files.TryRemove(folder.Number, id, isFolder: true);
    }

    private ImageMount Describe(string id, ImageMountRecord record) => new(id, record.ImageId, record.ImageName, $"{path}/{id}/{RootName}");

    private List<(string Id, ImageMountRecord Record, bool IsMounted)> Read()
    {
        var all = new List<(string, ImageMountRecord, bool)>();
        using FileDescriptor listed = Files.Open(folder.Number, ".", LibC.O_RDONLY | LibC.O_DIRECTORY);
        var listing = new FolderListing(listed, "mounts");
        while (listing.Next(out ReadOnlySpan<byte> name, out _))
        {
            string id = Encoding.UTF8.GetString(name);
            using FileDescriptor? own = Files.TryOpen(folder.Number, id, LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_NOFOLLOW, 0, out _);
            if (own is null)
            {
                continue;
            }

            bool isMounted = Files.TryStat(own.Number, string.Empty, follow: false, out FileStatus outside) == Errno.None
                && Files.TryStat(own.Number, RootName, follow: false, out FileStatus inside) == Errno.None
                && inside.Device != outside.Device;
            ImageMountRecord record = ImageLayout.Read(own, RecordName) is { } bytes
                ? ImageLayout.Parse(bytes, ImageMountJson.Default.ImageMountRecord, RecordName)
                : new ImageMountRecord();
            all.Add((id, record, isMounted));
        }

        return all;
    }
}

/// <summary>What is mounted.</summary>
internal sealed record ImageMountRecord
{
    public string ImageId { get; set; } = string.Empty;

    public string ImageName { get; set; } = string.Empty;

    public IReadOnlyList<string> Layers { get; set; } = [];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ImageMountRecord))]
internal sealed partial class ImageMountJson : JsonSerializerContext;
