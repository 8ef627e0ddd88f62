using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Layers;

/// <summary>
/// A folder as an overlay of layers shows it: the folders of that path in the layers that have it, highest first, down to an opaque one. Read relative to
/// descriptors; no name is followed.
/// </summary>
internal sealed class MergedFolder : IDisposable
{
    private readonly IReadOnlyList<FileDescriptor> layers;

    /// <summary>Takes over folders.</summary>
    /// <param name="layers">The folders, highest layer first, opened with O_PATH or for reading; this object's from here on.</param>
    public MergedFolder(IReadOnlyList<FileDescriptor> layers) => this.layers = layers;

    /// <summary>The root of layers.</summary>
    /// <param name="layers">The layers' roots, highest first; its from here on.</param>
    /// <returns>The merged folder.</returns>
    /// <exception cref="KernelException">One cannot be read. All are closed then.</exception>
    public static MergedFolder OfLayers(List<FileDescriptor> layers)
    {
        try
        {
            for (int i = 0; i < layers.Count; i++)
            {
                LayerAttributes.Read(layers[i], out OverlayMarks marks);
                if (marks.HasFlag(OverlayMarks.Opaque))
                {
                    layers[(i + 1)..].ForEach(hidden => hidden.Dispose());
                    layers.RemoveRange(i + 1, layers.Count - i - 1);
                }
            }

            return new MergedFolder(layers);
        }
        catch
        {
            layers.ForEach(layer => layer.Dispose());
            throw;
        }
    }

    /// <summary>The highest folder, whose attributes count.</summary>
    public FileDescriptor Top => layers[0];

    /// <summary>Whether another shows just the same folders: then all below is the same too.</summary>
    /// <param name="other">The other.</param>
    /// <returns>True where they are.</returns>
    public bool IsSame(MergedFolder other)
    {
        if (layers.Count != other.layers.Count)
        {
            return false;
        }

        for (int i = 0; i < layers.Count; i++)
        {
            FileStatus mine = FileInspection.StatusOf(layers[i]);
            FileStatus its = FileInspection.StatusOf(other.layers[i]);
            if (mine.Device != its.Device || mine.Inode != its.Inode)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The names in it, those too that are hidden, in the order of their bytes, each with the layers that have it.</summary>
    /// <param name="limit">How many there may be at most.</param>
    /// <returns>The names.</returns>
    /// <exception cref="EngineException">LimitExceeded.</exception>
    /// <exception cref="KernelException">A folder cannot be read.</exception>
    public List<(byte[] Name, int Layer)> List(long limit)
    {
        var names = new List<(byte[] Name, int Layer)>();
        for (int i = 0; i < layers.Count; i++)
        {
            using FileDescriptor open = FileInspection.TryReopen(layers[i], LibC.O_RDONLY | LibC.O_DIRECTORY, out Errno errno)
                ?? throw new KernelException(errno, "opening", "a folder");
            var listing = new FolderListing(open, "a folder");
            while (listing.Next(out ReadOnlySpan<byte> name, out _))
            {
                if (names.Count == limit)
                {
                    throw new EngineException(EngineErrorReason.LimitExceeded, "folder", $"A folder of the image has more than {limit} names.");
                }

                names.Add((name.ToArray(), i));
            }
        }

        names.Sort((one, other) => one.Name.AsSpan().SequenceCompareTo(other.Name) is var order && order != 0 ? order : one.Layer.CompareTo(other.Layer));
        return names;
    }

    /// <summary>Opens what the folder shows under a name.</summary>
    /// <param name="entries">The name, with the layers that have it, highest first.</param>
    /// <returns>The file, or null where a whiteout hides it.</returns>
    /// <exception cref="KernelException">It cannot be opened.</exception>
    public MergedFile? TryOpen(ReadOnlySpan<(byte[] Name, int Layer)> entries)
    {
        var folders = new List<FileDescriptor>();
        try
        {
            foreach ((byte[] name, int layer) in entries)
            {
                FileDescriptor file = FolderEntries.TryOpen2(layers[layer].Number, name, LibC.O_PATH | LibC.O_NOFOLLOW, ResolveFlags.NoXdev, out Errno errno)
                    ?? throw new KernelException(errno, "opening", EntryName.Show(name));
                FileStatus status = FileInspection.StatusOf(file);
                if (status.Kind != FileKind.Folder)
                {
                    if (folders.Count > 0 || Whiteouts.IsWhiteout(status))
                    {
                        // A folder above hides it; or it hides what is below.
                        file.Dispose();
                        break;
                    }

                    return new MergedFile(file, status, folder: null);
                }

                folders.Add(file);
                LayerAttributes.Read(file, out OverlayMarks marks);
                if ((marks & ~OverlayMarks.Opaque) != OverlayMarks.None)
                {
                    throw TreeError.NotWhole(name, marks);
                }

                if (marks.HasFlag(OverlayMarks.Opaque))
                {
                    break;
                }
            }

            return folders.Count == 0 ? null : new MergedFile(folders[0], FileInspection.StatusOf(folders[0]), new MergedFolder(folders));
        }
        catch
        {
            folders.ForEach(folder => folder.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FileDescriptor layer in layers)
        {
            layer.Dispose();
        }
    }
}
