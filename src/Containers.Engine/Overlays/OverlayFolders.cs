using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Overlays;

/// <summary>The folders that an overlay is to be made of, opened once: what is checked is what is mounted.</summary>
internal sealed class OverlayFolders : IDisposable
{
    private readonly List<FileDescriptor> held = [];
    private readonly List<OverlayLayer> lower = [];

    /// <summary>Opens them.</summary>
    /// <param name="options">What is asked.</param>
    /// <param name="target">The folder to mount it on; null for none.</param>
    /// <param name="table">Tells what overlays there are.</param>
    /// <exception cref="EngineException">NotFound, InvalidArgument, Busy, PermissionDenied.</exception>
    public OverlayFolders(OverlayOptions options, string? target, OverlayTable table)
    {
        try
        {
            foreach (string path in options.Lower)
            {
                lower.Add(Open(path, "lower"));
            }

            Upper = options.Upper is null ? null : Open(options.Upper, "upper");
            Work = options.Work is null ? null : Open(options.Work, "work");
            Target = target is null ? null : Open(target, "target").Folder;
            CheckApart();
            CheckUnused(table);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Topmost first.</summary>
    public IReadOnlyList<OverlayLayer> Lower => lower;

    /// <summary>The writable one.</summary>
    public OverlayLayer? Upper { get; }

    /// <summary>The kernel's own.</summary>
    public OverlayLayer? Work { get; }

    /// <summary>Where it is to be mounted.</summary>
    public FileDescriptor? Target { get; }

    /// <summary>Holds one more.</summary>
    /// <param name="folder">The folder; this object's from here on.</param>
    /// <param name="name">Its path.</param>
    public OverlayLayer Hold(FileDescriptor folder, string name)
    {
        held.Add(folder);
        return new OverlayLayer(folder, name);
    }

    /// <inheritdoc/>
    public void Dispose() => held.ForEach(folder => folder.Dispose());

    private OverlayLayer Open(string path, string what)
    {
        FileDescriptor? folder = Files.TryOpen(Files.CurrentFolder, path, LibC.O_PATH | LibC.O_DIRECTORY, 0, out Errno errno);
        return folder is not null ? Hold(folder, path) : throw new EngineException(
            errno switch
            {
                Errno.ENOENT => EngineErrorReason.NotFound,
                Errno.EACCES or Errno.EPERM => EngineErrorReason.PermissionDenied,
                _ => EngineErrorReason.InvalidArgument,
            },
            path,
            errno switch
            {
                Errno.ENOENT => $"The {what} folder '{path}' is not there.",
                Errno.ENOTDIR => $"The {what} folder '{path}' is no folder.",
                _ => $"The {what} folder '{path}' cannot be opened: {KernelException.Describe(errno)}.",
            },
            errno);
    }

    // The kernel's ELOOP, and one of its EINVALs, in words. What lies below a folder in another mount is no part of the layer; and the writable folder may lie in one that is
    // only read, as in a machine's own root.
    private void CheckApart()
    {
        var all = new List<Place>();
        foreach ((OverlayLayer layer, bool isLower) in lower.Select(static layer => (layer, true)).Concat(new[] { Upper, Work }.OfType<OverlayLayer>().Select(static layer => (layer, false))))
        {
            if (Files.ReadLink(Files.CurrentFolder, $"/proc/self/fd/{layer.Folder.Number}") is { } path)
            {
                all.Add(new Place(layer.Name!, path, MountEntry.IdOf(layer.Folder), isLower));
            }
        }

        // Sorted so that what lies below a path follows it, whatever else the names have in them.
        all.Sort(static (one, other) => string.CompareOrdinal(one.Path.Replace('/', '\0'), other.Path.Replace('/', '\0')));
        var above = new Stack<Place>();
        foreach (Place folder in all)
        {
            while (above.TryPeek(out Place? last) && !MountEntry.IsBelow(folder.Path, last.Path))
            {
                _ = above.Pop();
            }

            foreach (Place outer in above.Where(one => one.Mount == folder.Mount && (one.Path == folder.Path || folder.IsLower || !one.IsLower)))
            {
                string relation = outer.Path == folder.Path ? "is named twice" : $"lies in '{outer.Shown}'";
                throw new EngineException(
                    EngineErrorReason.InvalidArgument, folder.Shown, $"The folders of an overlay may not be the same, nor lie in each other: '{folder.Shown}' {relation}.");
            }

            above.Push(folder);
        }
    }

    // The kernel only warns, in its log: "accessing files from both mounts will result in undefined behavior".
    private void CheckUnused(OverlayTable table)
    {
        if (Upper is not { } upper || Work is not { } work)
        {
            return;
        }

        FileStatus[] own = [FileInspection.StatusOf(upper.Folder), FileInspection.StatusOf(work.Folder)];
        foreach (OverlayMount other in MountEntry.Read("self").Select(table.Describe).OfType<OverlayMount>())
        {
            foreach (string? folder in (string?[])[other.Upper, other.Work])
            {
                if (folder is not null && Files.TryStat(Files.CurrentFolder, folder, follow: true, out FileStatus its) == Errno.None
                    && Array.Exists(own, mine => mine.Device == its.Device && mine.Inode == its.Inode))
                {
                    throw new EngineException(
                        EngineErrorReason.Busy, folder, $"'{folder}' belongs to the overlay on '{other.Path}' already: two that write to one folder damage each other's files.");
                }
            }
        }
    }

    private sealed record Place(string Shown, string Path, int Mount, bool IsLower);
}
