using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Storage;

/// <summary>Counts what a tree takes on disk. It may change meanwhile: what vanishes is not counted.</summary>
internal static class FolderUsage
{
    private const int Deepest = 2000;

    /// <summary>Counts.</summary>
    /// <param name="folder">The tree's folder, opened O_RDONLY; nothing outside of it is looked at, and no other file system mounted in it.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Bytes on disk; a file with several names counts once.</returns>
    public static long Measure(FileDescriptor folder, CancellationToken cancellation = default)
    {
        var seen = new HashSet<ulong>();
        return Files.TryStat(folder.Number, string.Empty, follow: false, out FileStatus root) == Errno.None ? Measure(folder, root.Device, seen, 0, cancellation) : 0;
    }

    private static long Measure(FileDescriptor folder, ulong device, HashSet<ulong> seen, int depth, CancellationToken cancellation)
    {
        long total = 0;
        var listing = new FolderListing(folder, "a folder of the store");
        while (listing.Next(out ReadOnlySpan<byte> name, out _))
        {
            cancellation.ThrowIfCancellationRequested();
            if (FolderEntries.TryStat(folder.Number, name, out FileStatus status) != Errno.None || status.Device != device
                || (status.Links > 1 && status.Kind != FileKind.Folder && !seen.Add(status.Inode)))
            {
                continue;
            }

            total += status.DiskSize;
            if (status.Kind == FileKind.Folder && depth < Deepest)
            {
                using FileDescriptor? inner = FolderEntries.TryOpen(folder.Number, name, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out _);
                total += inner is null ? 0 : Measure(inner, device, seen, depth + 1, cancellation);
            }
        }

        return total;
    }
}
