using Containers.Interop;

namespace Containers.Engine.Layers;

/// <summary>Finds the holes of a file (lseek(2), SEEK_DATA and SEEK_HOLE).</summary>
internal static class HoleMap
{
    /// <summary>Tells where a file has data.</summary>
    /// <param name="file">The file, open for reading; its position moves.</param>
    /// <param name="size">Its length.</param>
    /// <param name="limit">How many pieces there may be.</param>
    /// <returns>The pieces in order; null where the file system does not tell, or where they are more than that.</returns>
    public static IReadOnlyList<SparsePiece>? Read(FileDescriptor file, long size, int limit)
    {
        var pieces = new List<SparsePiece>();
        for (long at = 0; at < size;)
        {
            Errno errno = FileInspection.TrySeek(file, at, isHole: false, out long start);
            if (errno == Errno.ENXIO || (errno == Errno.None && start >= size))
            {
                break;
            }

            if (errno != Errno.None || pieces.Count == limit || FileInspection.TrySeek(file, start, isHole: true, out long end) != Errno.None)
            {
                return null;
            }

            at = Math.Min(end, size);
            pieces.Add(new SparsePiece(start, at - start));
        }

        return pieces;
    }
}
