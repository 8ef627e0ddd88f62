using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Overlays;

/// <summary>
/// Looks a name up in a folder of an overlay, as overlayfs does: layer by layer from the top, until one hides those below; then what those have is looked for too.
/// Each layer is read relative to descriptors, and no link in it is followed.
/// </summary>
/// <param name="layers">The layers.</param>
/// <param name="marks">Reads overlayfs's notes.</param>
internal sealed class OverlayStep(OverlayLayers layers, OverlayMarkReader marks)
{
    private const ResolveFlags InLayer = ResolveFlags.Beneath | ResolveFlags.NoSymlinks | ResolveFlags.NoMagicLinks | ResolveFlags.NoXdev;

    /// <summary>The roots of all layers.</summary>
    /// <returns>The entries; the caller's.</returns>
    public List<OverlayEntry> Roots() => [.. Enumerable.Range(0, layers.Count).Select(layer => Root(layer, layer == 0 ? OverlayFileState.Shown : OverlayFileState.Merged))];

    /// <summary>Looks a name up.</summary>
    /// <param name="folder">What the layers have of the folder, topmost first; stays the caller's.</param>
    /// <param name="name">The name.</param>
    /// <returns>What they have of that name, topmost first; the caller's.</returns>
    /// <exception cref="KernelException">A layer cannot be read.</exception>
    public List<OverlayEntry> Look(IReadOnlyList<OverlayEntry> folder, string name)
    {
        var found = new List<OverlayEntry>();
        try
        {
            LookVisible(folder, name, found);
            foreach (OverlayEntry one in folder)
            {
                if (one.Status.Kind == FileKind.Folder && !found.Exists(seen => seen.Layer == one.Layer) && TryOpen(one, name, out bool _) is { } file)
                {
                    found.Add(Entry(one, name, file, OverlayFileState.Hidden));
                }
            }

            found.Sort(static (one, other) => one.Layer.CompareTo(other.Layer));
            return found;
        }
        catch
        {
            found.ForEach(static one => one.File.Dispose());
            throw;
        }
    }

    private void LookVisible(IReadOnlyList<OverlayEntry> folder, string name, List<OverlayEntry> found)
    {
        var left = new Queue<OverlayEntry>(folder.Where(static one => one.IsVisible));
        List<OverlayEntry> roots = [];
        bool isContentWanted = false;
        try
        {
            while (left.TryDequeue(out OverlayEntry? within))
            {
                if (TryOpen(within, name, out bool isObstructed) is not { } file)
                {
                    if (isObstructed)
                    {
                        return;
                    }

                    continue;
                }

                OverlayEntry entry = Entry(within, name, file, OverlayFileState.Hidden);
                bool isWhiteout = marks.IsWhiteout(file, entry.Status), isFolder = entry.Status.Kind == FileKind.Folder;
                bool isBelowFolder = found.Exists(static one => one.IsVisible && one.Status.Kind == FileKind.Folder);
                bool goesOn = isFolder ? !marks.IsOpaque(file) : !isWhiteout && marks.IsMetadataOnly(file);
                OverlayFileState state = isWhiteout ? (isContentWanted || isBelowFolder ? OverlayFileState.Hidden : OverlayFileState.Whiteout)
                    : isContentWanted ? (isFolder || goesOn ? OverlayFileState.Hidden : OverlayFileState.Content)
                    : isFolder ? (isBelowFolder ? OverlayFileState.Merged : OverlayFileState.Shown)
                    : isBelowFolder ? OverlayFileState.Hidden : OverlayFileState.Shown;
                found.Add(entry with { State = state });
                if (!goesOn || (isFolder && isContentWanted) || (!isFolder && isBelowFolder))
                {
                    return;
                }

                isContentWanted |= !isFolder;
                if (marks.Redirect(file) is { } redirect)
                {
                    name = redirect[0] == '/' ? redirect.TrimStart('/') : string.Concat(name.AsSpan(0, name.LastIndexOf('/') + 1), redirect);
                    if (redirect[0] == '/')
                    {
                        // From the roots of the layers below, whatever they had of this folder; content also from those that have nothing else to give.
                        int end = isContentWanted ? layers.CountWithData : layers.Count;
                        IEnumerable<OverlayEntry> below = Enumerable.Range(entry.Layer + 1, end - entry.Layer - 1).Select(layer => Root(layer, OverlayFileState.Merged));
                        roots.AddRange(below);
                        left = new Queue<OverlayEntry>(roots.Where(root => root.Layer > entry.Layer).DistinctBy(static root => root.Layer));
                    }
                }
            }
        }
        finally
        {
            roots.ForEach(static root => root.File.Dispose());
        }
    }

    private OverlayEntry Root(int layer, OverlayFileState state)
    {
        FileDescriptor root = layers.RootOf(layer).Duplicate();
        return new OverlayEntry(layer, root, string.Empty, state, FileInspection.StatusOf(root));
    }

    private static OverlayEntry Entry(OverlayEntry within, string name, FileDescriptor file, OverlayFileState state) =>
        new(within.Layer, file, within.InLayer.Length == 0 ? name : $"{within.InLayer}/{name}", state, FileInspection.StatusOf(file));

    // A redirect may be a path of several names; where a file stands in the way, layers below it are not looked into.
    private FileDescriptor? TryOpen(OverlayEntry within, string name, out bool isObstructed)
    {
        FileDescriptor? file = Files.TryOpen2(within.File.Number, name, LibC.O_PATH | LibC.O_NOFOLLOW, 0, InLayer, out Errno errno);
        isObstructed = errno is Errno.ENOTDIR or Errno.ELOOP;
        return file is not null || errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP ? file
            : throw new KernelException(errno, "opening", $"{layers.PathOf(within.Layer)}/{within.InLayer}/{name}");
    }
}
