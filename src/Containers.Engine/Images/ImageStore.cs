using Containers.Engine.Events;
using Containers.Engine.Layers;
using Containers.Engine.Storage;
using Containers.Interop;

namespace Containers.Engine.Images;

/// <summary>The images of one engine: an OCI image layout with unpacked layers beside it. Thread-safe; any number of processes may work on it.</summary>
public sealed partial class ImageStore : IDisposable
{
    /// <summary>The name of the built-in image: a copy-on-write view of the machine's own root.</summary>
    public const string HostImage = "host";

    /// <summary>The most layers of an image: as many as the kernel's overlayfs takes.</summary>
    internal const int MostLayers = 500;

    private static readonly ImageInfo Host = new()
    {
        Id = HostImage,
        Name = HostImage,
        Architecture = ImageCatalog.MachineArchitecture,
        OperatingSystem = "linux",
        IsBuiltIn = true,
        Configuration = new ImageConfiguration { Cmd = ["/bin/sh"] },
    };

    private readonly string layersPath;
    private readonly Func<IReadOnlyCollection<ImageUse>> uses;
    private readonly FileDescriptor stateRoot;
    private readonly FileDescriptor stagingRoot;
    private readonly ImageLayout layout;
    private readonly LayerStore layers;
    private readonly StagingArea staging;
    private readonly ImageCatalog catalog;
    private readonly ImageHousekeeping housekeeping;
    private readonly ExtractionLimits limits;

    /// <summary>Opens the store, making it where it is missing.</summary>
    /// <param name="roots">The engine's folders.</param>
    /// <param name="uses">Gives what containers use at present; called with the store locked (<see cref="Lock"/>), takes no lock of the store itself.</param>
    /// <param name="limits">The bounds of imports; null for the usual ones.</param>
    internal ImageStore(
        StorageRoots roots,
        Func<IReadOnlyCollection<ImageUse>> uses,
        ExtractionLimits? limits = null)
    {
        this.uses = uses;
        this.limits = limits ?? ExtractionLimits.Default;
        layersPath = $"{roots.StateRoot.TrimEnd('/')}/layers";
        stateRoot = StoreFolder.OpenRoot(roots.StateRoot);
        try
        {
            layout = new ImageLayout(stateRoot);
            layers = new LayerStore(stateRoot);
            stagingRoot = StoreFolder.Open(stateRoot, "staging");
            staging = new StagingArea(stagingRoot);
            catalog = new ImageCatalog(layout, layers);
            housekeeping = new ImageHousekeeping(stateRoot, layout, layers, catalog, staging, uses);
            if (!layout.IsMarked)
            {
                using FileDescriptor held = Lock();
                layout.Mark();
            }
        }
        catch (KernelException failure)
        {
            throw Storage(roots.StateRoot, "Opening the image store", failure);
        }

    }

    /// <summary>How many layers are taken in at once.</summary>
    internal int ParallelLayers { get; init; } = 3;

    /// <summary>Where what happens to images is recorded; null for nowhere.</summary>
    internal EventLog? Events { get; init; }

    /// <summary>All images, the built-in one first, then by name; those without a name last.</summary>
    /// <returns>The images.</returns>
    /// <exception cref="EngineException">Storage where the index is damaged.</exception>
    public IReadOnlyList<ImageInfo> List() =>
    [
        Host,
        .. ReadCatalog().Select(image => image.Info).OrderBy(info => info.Name is null).ThenBy(info => info.Name, StringComparer.Ordinal).ThenBy(info => info.Id, StringComparer.Ordinal),
    ];

    /// <summary>The image of that name (tag <c>latest</c> where none is given), id, or unambiguous prefix of an id.</summary>
    /// <param name="nameOrId">A name or the beginning of an id.</param>
    /// <returns>The image.</returns>
    /// <exception cref="EngineException">NotFound, Ambiguous, InvalidArgument for what is no image name, or Storage for an image that is damaged or has no layers.</exception>
    public ImageInfo Get(string nameOrId)
    {
        ArgumentNullException.ThrowIfNull(nameOrId);
        if (ImageQuery.IsHost(nameOrId))
        {
            return Host;
        }

        // An image without layers must never reach those who take "no layers" for the machine's own root.
        StoredImage found = ImageQuery.Find(ReadCatalog(), nameOrId).Images[0];
        return found.IsWhole && found.Info.Layers.Count > 0 ? found.Info : throw NothingToRun(found.Info);
    }

    /// <summary>The name that an image is sent to a registry under where no other is given.</summary>
    /// <param name="nameOrId">
    /// A name: that one is meant. An id, or the beginning of one: the only name that the image has. A repository with a digest: the only name in that repository.
    /// </param>
    /// <returns>The name.</returns>
    /// <exception cref="EngineException">InvalidArgument where there is no such name, or there are several; NotFound, Ambiguous.</exception>
    public string NameToSend(string nameOrId)
    {
        ArgumentNullException.ThrowIfNull(nameOrId);
        return ImageQuery.IsHost(nameOrId) ? HostImage : ImageQuery.NameToSend(ReadCatalog(), nameOrId);
    }

    /// <summary>Takes images in, all or nothing. Layers that are there already are neither asked for nor unpacked.</summary>
    /// <param name="images">The images.</param>
    /// <param name="progress">Told of each layer now and then; or null. Called on several threads.</param>
    /// <param name="cancellation">Undoes what was done.</param>
    /// <returns>The images, one for each name that they got, or one where an image got none.</returns>
    /// <exception cref="EngineException">InvalidData for what is damaged or malicious, LimitExceeded, Storage, Canceled, and what the origins throw. Nothing is left.</exception>
    internal IReadOnlyList<ImageInfo> TakeIn(IReadOnlyList<ImageOrigin> images, IProgress<LayerProgress>? progress, CancellationToken cancellation)
    {
        string subject = images.SelectMany(image => image.Names).FirstOrDefault()?.ToString() ?? "image";
        try
        {
            using StagingFolder folder = housekeeping.MakeStaging(cancellation);
            var entries = new ImageIntake(layout, layers, folder, () => Lock(cancellation), limits, ParallelLayers).Run(images, progress, cancellation);
            IReadOnlyList<StoredImage> present = catalog.Read();
            return [.. entries.SelectMany(all => all).Select(entry => Find(present, entry).Info)];
        }
        catch (OperationCanceledException canceled)
        {
            throw new EngineException(EngineErrorReason.Canceled, subject, $"The import of '{subject}' was cancelled; nothing of it is left.", canceled);
        }
        catch (KernelException failure)
        {
            throw Storage(subject, $"Importing '{subject}'", failure);
        }
        catch (IOException failure)
        {
            throw new EngineException(EngineErrorReason.Storage, subject, $"Importing '{subject}' failed: {failure.Message.TrimEnd('.')}.", failure);
        }
    }

    /// <summary>Opens an image's bytes, and keeps the image from being removed as long as they are open.</summary>
    /// <param name="nameOrId">A name or the beginning of an id.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="EngineException">As <see cref="Get"/>; NotSupported for the built-in image.</exception>
    internal ImageContent OpenContent(string nameOrId)
    {
        if (ImageQuery.IsHost(nameOrId))
        {
            throw new EngineException(
                EngineErrorReason.NotSupported, nameOrId, $"The image '{HostImage}' is a view of this machine's own files and has no layers: it cannot be exported or pushed.");
        }

        try
        {
            using (Lock())
            {
                StoredImage found = ImageQuery.Find(ReadCatalog(), nameOrId).Images[0];
                return found.IsWhole ? ImageContent.Open(layout, staging, found) : throw NothingToRun(found.Info);
            }
        }
        catch (KernelException failure)
        {
            throw Storage(nameOrId, $"Reading the image '{nameOrId}'", failure);
        }
    }

    /// <summary>Removes an image's name, and the image with every layer that nothing else needs when it was the last name.</summary>
    /// <param name="nameOrId">A name, or the beginning of an id, or a repository with a digest: then all names of the image (there) are meant, of which there may be several only with <paramref name="force"/>.</param>
    /// <param name="force">Whether an image that a container uses loses its name all the same. Its layers stay as long as the container does.</param>
    /// <exception cref="EngineException">NotFound, or Busy with the containers that use it.</exception>
    public void Remove(string nameOrId, bool force) => Remove(nameOrId, force, isStillMeant: null);

    /// <summary>As the other, where the image is still what the caller saw.</summary>
    /// <param name="nameOrId">A name or an id.</param>
    /// <param name="force">As for the other.</param>
    /// <param name="isStillMeant">Looks at the images under the store's lock; null for no look.</param>
    /// <exception cref="EngineException">As the other; Busy where it is not.</exception>
    internal void Remove(string nameOrId, bool force, Func<IReadOnlyList<StoredImage>, bool>? isStillMeant)
    {
        ArgumentNullException.ThrowIfNull(nameOrId);
        if (ImageQuery.IsHost(nameOrId))
        {
            throw new EngineException(EngineErrorReason.InvalidArgument, nameOrId, $"The image '{HostImage}' is built in and cannot be removed.");
        }

        ImageRemoval? removal = null;
        try
        {
            housekeeping.Clean(() =>
            {
                OciIndex index = layout.ReadIndex();
                IReadOnlyList<StoredImage> images = ReadCatalog();
                if (isStillMeant?.Invoke(images) == false)
                {
                    throw new EngineException(EngineErrorReason.Busy, nameOrId, $"The image '{nameOrId}' has got another name or content since it was looked at: it stays.");
                }

                removal = ImageRemoval.Plan(images, index, nameOrId, force, uses());
                layout.WriteIndex(index with { Manifests = removal.Remaining });
            });
        }
        catch (KernelException failure)
        {
            throw Storage(nameOrId, $"Removing the image '{nameOrId}'", failure);
        }

        Tell(EventAction.Untag, removal!.Gone.Select(image => image.Info).Where(info => info.Name is not null));
        Tell(EventAction.Remove, removal.Gone.Select(image => image.Info).Take(removal.IsLast ? 1 : 0));
    }

    /// <summary>Gives an image another name; an image that has it loses it.</summary>
    /// <param name="nameOrId">A name or the beginning of an id.</param>
    /// <param name="newName">The name to give; a tag may follow a colon.</param>
    /// <returns>The image under its new name.</returns>
    /// <exception cref="EngineException">NotFound, Ambiguous, InvalidArgument.</exception>
    public ImageInfo AddTag(string nameOrId, string newName)
    {
        ArgumentNullException.ThrowIfNull(nameOrId);
        ArgumentNullException.ThrowIfNull(newName);
        ImageName name = ImageQuery.ParseNewName(newName);
        if (ImageQuery.IsHost(nameOrId))
        {
            throw new EngineException(EngineErrorReason.InvalidArgument, nameOrId, $"The image '{HostImage}' is built in and has one name only.");
        }

        ImageInfo named;
        try
        {
            using (Lock())
            {
                StoredImage found = ImageQuery.Find(ReadCatalog(), nameOrId).Images[0];
                OciDescriptor entry = found.Entry.WithName(name.Reference);
                OciIndex index = layout.ReadIndex();
                layout.WriteIndex(index with { Manifests = ImageIndex.With(index.Manifests, entry) });
                named = Find(catalog.Read(), entry).Info;
            }
        }
        catch (KernelException failure)
        {
            throw Storage(newName, $"Naming the image '{newName}'", failure);
        }

        Tell(EventAction.Tag, [named]);
        return named;
    }

    /// <summary>Records what happened to images.</summary>
    /// <param name="action">One of <see cref="EventAction"/>.</param>
    /// <param name="images">The images.</param>
    /// <returns>The images.</returns>
    internal IReadOnlyList<ImageInfo> Tell(string action, IEnumerable<ImageInfo> images)
    {
        ImageInfo[] told = [.. images];
        foreach (ImageInfo image in told)
        {
            Events?.Write(action, image);
        }

        return told;
    }

    /// <summary>Removes what dead processes left and what nothing needs.</summary>
    internal void Sweep() => housekeeping.Clean(static () => { });

    /// <summary>
    /// Keeps imports from being committed and images from being removed. A container is made (its record written) under it, so that its image is not
    /// removed between the look at the image and the record. Held shortly: nothing slow under it.
    /// </summary>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The lock; disposed, it is free.</returns>
    internal FileDescriptor Lock(CancellationToken cancellation = default) => housekeeping.Lock(cancellation);

    /// <summary>The bounds of imports.</summary>
    internal ExtractionLimits Limits => limits;

    /// <summary>Makes a nameless file on the store's disk, for what must be kept until an import is over.</summary>
    /// <returns>A stream to write and read.</returns>
    internal FileStream MakeSpool()
    {
        try
        {
            return housekeeping.MakeSpool();
        }
        catch (KernelException failure)
        {
            throw Storage("staging", "Making a temporary file in the image store", failure);
        }
    }

    /// <summary>The folders of an image's unpacked layers.</summary>
    /// <param name="image">The image.</param>
    /// <returns>Absolute paths, lowest layer first; none for the built-in image.</returns>
    /// <exception cref="EngineException">Storage where a layer is missing.</exception>
    internal IReadOnlyList<string> LayerFolders(ImageInfo image)
    {
        if (image.Layers.Count == 0 && !image.IsBuiltIn)
        {
            throw NothingToRun(image);
        }

        string[] folders = new string[image.Layers.Count];
        for (int i = 0; i < folders.Length; i++)
        {
            if (!layers.Contains(image.Layers[i]))
            {
                throw new EngineException(
                    EngineErrorReason.Storage, image.Name ?? image.Id, $"The layer {image.Layers[i]} of the image '{image.Name ?? image.Id}' is not unpacked on this machine. Import the image again.");
            }

            folders[i] = $"{layersPath}/{Digest.Hex(image.Layers[i])}/{LayerStore.FilesName}";
        }

        return folders;
    }

    /// <summary>Closes what is held open.</summary>
    public void Dispose()
    {
        layout.Dispose();
        layers.Dispose();
        stagingRoot.Dispose();
        stateRoot.Dispose();
    }

    private static EngineException Storage(string subject, string attempt, KernelException failure) => new(
        failure.Errno is Errno.EACCES or Errno.EPERM ? EngineErrorReason.PermissionDenied : EngineErrorReason.Storage,
        subject,
        $"{attempt} failed: {failure.Message}.",
        failure);

    private static EngineException NothingToRun(ImageInfo image) => new(
        EngineErrorReason.Storage,
        image.Name ?? image.Id,
        $"The image '{image.Name ?? image.Id}' is damaged or has no layers: no container can be made of it. Remove it and import it again.");

    private IReadOnlyList<StoredImage> ReadCatalog()
    {
        try
        {
            return catalog.Read();
        }
        catch (KernelException failure)
        {
            throw Storage("images", "Reading the image store", failure);
        }
    }

    // Another session may have given the name to another image, or removed this one, in the moment since.
    // What came from a registry without a name is told as such: names of the same image in other repositories are not what was asked for.
    private StoredImage Find(IReadOnlyList<StoredImage> present, OciDescriptor entry) =>
        present.FirstOrDefault(image => image.Entry.Digest == entry.Digest && image.Info.Name == entry.Name && image.Info.Origin == entry.Origin)
        ?? present.FirstOrDefault(image => image.Entry.Digest == entry.Digest && entry.Name is null && entry.Origin is null)
        ?? catalog.ReadImage(entry);
}
