using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Images;

/// <summary>Keeps the image store in order: its lock, the folders of work in progress, and what nothing needs any more.</summary>
/// <param name="stateRoot">The state root.</param>
/// <param name="layout">The layout.</param>
/// <param name="layers">The unpacked layers.</param>
/// <param name="catalog">The images.</param>
/// <param name="staging">Where work in progress is.</param>
/// <param name="uses">Gives what containers and mounts use at present.</param>
internal sealed class ImageHousekeeping(
    FileDescriptor stateRoot, ImageLayout layout, LayerStore layers, ImageCatalog catalog, StagingArea staging, Func<IReadOnlyCollection<ImageUse>> uses)
{
    /// <summary>Takes the store's lock (see <see cref="ImageStore.Lock"/>).</summary>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The lock; disposed, it is free.</returns>
    public FileDescriptor Lock(CancellationToken cancellation = default)
    {
        FileDescriptor file = Files.Open(stateRoot.Number, "images.lock", LibC.O_RDWR | LibC.O_CREAT | LibC.O_NOFOLLOW, 0x180);
        try
        {
            // Asked again and again where somebody else has it: a wait in the kernel would be deaf to Ctrl-C.
            for (int wait = 1; !Files.Lock(file, wait: false, "images.lock"); wait = Math.Min(wait * 2, 20))
            {
                cancellation.ThrowIfCancellationRequested();
                _ = cancellation.WaitHandle.WaitOne(wait);
            }

            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Makes a folder for work in progress, and removes those of dead processes.</summary>
    /// <param name="cancellation">Ends the waiting for the lock.</param>
    /// <returns>The folder; disposed, it is removed with all in it.</returns>
    public StagingFolder MakeStaging(CancellationToken cancellation = default)
    {
        IReadOnlyList<StagingFolder> abandoned;
        StagingFolder made;
        using (Lock(cancellation))
        {
            abandoned = staging.TakeAbandoned();
            made = staging.Make();
        }

        Discard(abandoned);
        return made;
    }

    /// <summary>Makes a nameless file on the store's disk. It goes with its last descriptor.</summary>
    /// <returns>A stream to write and read.</returns>
    public FileStream MakeSpool()
    {
        if (staging.TryMakeNameless() is { } file)
        {
            return file.IntoStream(FileAccess.ReadWrite);
        }

        using StagingFolder folder = MakeStaging();
        return StagingArea.MakeUnlinked(folder).IntoStream(FileAccess.ReadWrite);
    }

    /// <summary>Changes the index, and removes what nothing needs after that.</summary>
    /// <param name="change">Changes it, under the lock.</param>
    public void Clean(Action change)
    {
        var garbage = new List<StagingFolder>();
        try
        {
            using (Lock())
            {
                change();
                Collect(garbage);
            }
        }
        finally
        {
            // Without the lock: what was moved away may be large.
            Discard(garbage);
        }
    }

    private static void Discard(IEnumerable<StagingFolder> folders)
    {
        foreach (StagingFolder folder in folders)
        {
            folder.Dispose();
        }
    }

    // Everything that the index and the containers do not lead to. Where an image cannot be read it is not known what it leads to: nothing goes.
    private void Collect(List<StagingFolder> garbage)
    {
        garbage.AddRange(staging.TakeAbandoned());
        IReadOnlyList<StoredImage> images = catalog.Read();
        if (images.All(image => image.IsWhole))
        {
            StagingFolder trash = staging.Make();
            garbage.Add(trash);
            string[] kept = [.. staging.ReadKept().Select(hex => Digest.Prefix + hex)];
            layout.RemoveUnreachable(images.SelectMany(image => image.Blobs).Concat(kept).ToHashSet(StringComparer.Ordinal));
            layers.MoveUnreachable(
                images.SelectMany(image => image.Info.Layers).Concat(uses().SelectMany(use => use.Layers)).Concat(kept).ToHashSet(StringComparer.Ordinal),
                trash);
        }
    }
}
