using System.Text;
using Containers.Interop;

namespace Containers.Engine.Overlays;

/// <summary>Tells which layers of an overlay a path comes from. Links of folders lead where they lead in the overlay.</summary>
/// <param name="layers">The layers.</param>
/// <param name="marks">Reads overlayfs's notes.</param>
/// <param name="name">What the overlay is called in messages: a clause.</param>
internal sealed class OverlayLookup(OverlayLayers layers, OverlayMarkReader marks, string name)
{
    // As the kernel's own (path_resolution(7)).
    private const int MostLinks = 40;
    private const int MostComponents = 4096;

    private readonly OverlayStep step = new(layers, marks);

    /// <summary>Looks a path up.</summary>
    /// <param name="asked">The path, from the overlay's root. A link in its last component is not followed.</param>
    /// <returns>What the layers have there, topmost first; before it, what hides them.</returns>
    /// <exception cref="EngineException">NotFound, InvalidArgument for a loop of links.</exception>
    public IReadOnlyList<OverlayFile> Find(string asked)
    {
        var left = new LinkedList<string>(Components(asked));
        var done = new List<string>();
        int links = 0;
        List<OverlayEntry> here = step.Roots();
        var above = new List<OverlayFile>();
        try
        {
            while (left.First is { Value: var component })
            {
                left.RemoveFirst();
                if (component == "..")
                {
                    // Anew from the root, by the names that are resolved already.
                    Restart(left, done.Take(Math.Max(0, done.Count - 1)));
                    Reset();
                    continue;
                }

                if (done.Count == MostComponents)
                {
                    throw new EngineException(EngineErrorReason.InvalidArgument, asked, $"The path '{asked}' is too long.");
                }

                List<OverlayEntry> next = step.Look(here, component);
                if (next.Count == 0)
                {
                    throw NotFound(asked);
                }

                if (left.Count > 0 && next[0] is { State: OverlayFileState.Shown, Status.Kind: FileKind.Symlink } link)
                {
                    Errno errno = FileInspection.TryReadLink(link.File, out byte[] text);
                    next.ForEach(static one => one.File.Dispose());
                    if (errno != Errno.None || ++links > MostLinks)
                    {
                        throw new EngineException(EngineErrorReason.InvalidArgument, asked, $"The path '{asked}' of {name} leads through too many links.");
                    }

                    string target = Encoding.UTF8.GetString(text);
                    Restart(left, Components(target));
                    if (!target.StartsWith('/'))
                    {
                        Restart(left, done);
                    }

                    Reset();
                    continue;
                }

                here.ForEach(static one => one.File.Dispose());
                here = next;
                done.Add(component);
                if (left.Count > 0)
                {
                    above.AddRange(here.Where(Hides).Select(one => Describe(one, done) with { State = one.State == OverlayFileState.Whiteout ? one.State : OverlayFileState.Hiding }));
                }
            }

            List<OverlayFile> found = [.. here.Select(one => Describe(one, done))];
            return [.. above.Where(one => found.Exists(it => it.State == OverlayFileState.Hidden && it.LayerIndex > one.LayerIndex)), .. found];
        }
        finally
        {
            here.ForEach(static one => one.File.Dispose());
        }

        void Reset()
        {
            here.ForEach(static one => one.File.Dispose());
            here = step.Roots();
            done.Clear();
            above.Clear();
        }
    }

    private static string[] Components(string path) => [.. path.Split('/').Where(static part => part is not ("" or "."))];

    private static void Restart(LinkedList<string> left, IEnumerable<string> before)
    {
        foreach (string component in before.Reverse().ToArray())
        {
            _ = left.AddFirst(component);
        }
    }

    private bool Hides(OverlayEntry entry) =>
        entry.State == OverlayFileState.Whiteout || (entry.IsVisible && (entry.Status.Kind != FileKind.Folder || marks.IsOpaque(entry.File)));

    private OverlayFile Describe(OverlayEntry entry, List<string> path)
    {
        string layer = layers.PathOf(entry.Layer);
        bool isFolder = entry.Status.Kind == FileKind.Folder, isRegular = entry.Status.Kind == FileKind.Regular;
        return new OverlayFile(
            "/" + string.Join('/', path), entry.State, layer, entry.Layer, entry.InLayer.Length == 0 ? layer : $"{layer.TrimEnd('/')}/{entry.InLayer}", entry.Status.Kind,
            isFolder && entry.InLayer.Length > 0 && marks.IsOpaque(entry.File), isRegular && marks.IsMetadataOnly(entry.File),
            isFolder || isRegular ? marks.Redirect(entry.File) : null, isRegular ? entry.Status.Size : 0);
    }

    private EngineException NotFound(string asked) => new(EngineErrorReason.NotFound, asked, $"'{asked}' is in no layer of {name}.");
}
