using System.Runtime.InteropServices;
using Containers.Interop;

namespace Containers.Engine.Layers;

/// <summary>
/// Walks two merged trees side by side, in the order of the names' bytes, folder by folder: memory holds the names of the folders on the way to the present one.
/// What both show of the same layer is passed over unread.
/// </summary>
internal sealed class TreeComparison : IDisposable
{
    private readonly bool withTimes;
    private readonly long limit;
    private readonly CancellationToken cancellation;
    private readonly FileComparison files;
    private readonly Stack<Level> levels = new();

    /// <summary>Makes a comparison.</summary>
    /// <param name="before">The first tree's root; this object's from here on.</param>
    /// <param name="after">The second's.</param>
    /// <param name="withTimes">Whether files are told of too of which only the time of the last change differs.</param>
    /// <param name="limit">How many names one folder may have.</param>
    /// <param name="cancellation">Ends it.</param>
    public TreeComparison(MergedFolder before, MergedFolder after, bool withTimes, long limit, CancellationToken cancellation)
    {
        this.withTimes = withTimes;
        this.limit = limit;
        this.cancellation = cancellation;
        files = new FileComparison(cancellation);
        Before = before;
        After = after;
    }

    private MergedFolder Before { get; }

    private MergedFolder After { get; }

    /// <summary>The differences, by path. May be read once.</summary>
    /// <returns>Each as it is found.</returns>
    /// <exception cref="EngineException">Storage where a tree cannot be read.</exception>
    public IEnumerable<FileDifference> Run()
    {
        if (TryFirst() is { } root)
        {
            yield return root;
        }

        while (levels.Count > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            if (Step() is { } difference)
            {
                yield return difference;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (levels.TryPop(out Level? level))
        {
            level.Dispose();
        }

        Before.Dispose();
        After.Dispose();
    }

    private FileDifference? TryFirst()
    {
        try
        {
            if (Before.IsSame(After))
            {
                return null;
            }

            // The root belongs to this object: its copies go with the level.
            var before = new MergedFile(Before.Top, FileInspection.StatusOf(Before.Top), folder: null);
            var after = new MergedFile(After.Top, FileInspection.StatusOf(After.Top), folder: null);
            FileDifference? difference = Compare(before, after, []);
            levels.Push(new Level(Before, After, [], limit, isOwner: false));
            return difference;
        }
        catch (KernelException failure)
        {
            throw TreeError.Of(default, failure);
        }
    }

    private FileDifference? Step()
    {
        Level level = levels.Peek();
        if (!level.TryNext(out byte[] name, out ReadOnlySpan<(byte[] Name, int Layer)> inBefore, out ReadOnlySpan<(byte[] Name, int Layer)> inAfter))
        {
            levels.Pop().Dispose();
            return null;
        }

        byte[] path = level.Path.Length == 0 ? name : [.. level.Path, (byte)'/', .. name];
        try
        {
            using MergedFile? before = level.Before?.TryOpen(inBefore);
            using MergedFile? after = level.After?.TryOpen(inAfter);
            if ((before is null && after is null) || (before is not null && after is not null && before.IsSame(after)))
            {
                return null;
            }

            FileDifference? difference = Compare(before, after, path);
            Descend(before, after, path);
            return difference;
        }
        catch (KernelException failure)
        {
            throw TreeError.Of(path, failure);
        }
    }

    private void Descend(MergedFile? before, MergedFile? after, byte[] path)
    {
        MergedFolder? first = before?.TakeFolder();
        MergedFolder? second = after?.TakeFolder();
        if (first is null && second is null)
        {
            return;
        }

        try
        {
            levels.Push(new Level(first, second, path, limit, isOwner: true));
        }
        catch
        {
            first?.Dispose();
            second?.Dispose();
            throw;
        }
    }

    private FileDifference? Compare(MergedFile? before, MergedFile? after, byte[] path)
    {
        FileAspects aspects = FileAspects.None;
        if (before is not null && after is not null)
        {
            aspects = files.Compare(before, after, path);
            aspects &= before.Status.Kind == FileKind.Folder && after.Status.Kind == FileKind.Folder && !withTimes ? ~FileAspects.Time : ~FileAspects.None;
            if (aspects == FileAspects.None || (aspects == FileAspects.Time && !withTimes))
            {
                return null;
            }
        }

        return new FileDifference(
            "/" + EntryName.ShowWhole(path), path,
            before is null ? FileDifferenceKind.Added : after is null ? FileDifferenceKind.Removed : FileDifferenceKind.Changed,
            aspects, before?.Status.Kind, after?.Status.Kind, before?.Size ?? 0, after?.Size ?? 0);
    }

    /// <summary>A folder of both trees, or of one, with its names.</summary>
    private sealed class Level : IDisposable
    {
        private readonly bool isOwner;
        private readonly List<(byte[] Name, int Layer)> before;
        private readonly List<(byte[] Name, int Layer)> after;
        private int nextBefore;
        private int nextAfter;

        public Level(MergedFolder? before, MergedFolder? after, byte[] path, long limit, bool isOwner)
        {
            Before = before;
            After = after;
            Path = path;
            this.isOwner = isOwner;
            this.before = before?.List(limit) ?? [];
            this.after = after?.List(limit) ?? [];
        }

        public MergedFolder? Before { get; }

        public MergedFolder? After { get; }

        public byte[] Path { get; }

        public bool TryNext(out byte[] name, out ReadOnlySpan<(byte[] Name, int Layer)> inBefore, out ReadOnlySpan<(byte[] Name, int Layer)> inAfter)
        {
            inBefore = inAfter = default;
            byte[]? first = nextBefore < before.Count ? before[nextBefore].Name : null;
            byte[]? second = nextAfter < after.Count ? after[nextAfter].Name : null;
            name = first ?? second ?? [];
            if (first is null && second is null)
            {
                return false;
            }

            if (first is not null && second is not null && second.AsSpan().SequenceCompareTo(first) < 0)
            {
                name = second;
            }

            inBefore = Take(before, name, ref nextBefore);
            inAfter = Take(after, name, ref nextAfter);
            return true;
        }

        public void Dispose()
        {
            if (isOwner)
            {
                Before?.Dispose();
                After?.Dispose();
            }
        }

        private static ReadOnlySpan<(byte[] Name, int Layer)> Take(List<(byte[] Name, int Layer)> names, byte[] name, ref int next)
        {
            int start = next;
            while (next < names.Count && names[next].Name.AsSpan().SequenceEqual(name))
            {
                next++;
            }

            return CollectionsMarshal.AsSpan(names)[start..next];
        }
    }
}
