using System.Runtime.InteropServices;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Layers;

/// <summary>
/// Remembers folders' times until everything in them is made, since that changes them. A folder is remembered by its path and its
/// inode: where something else stands there at the end, it is left alone. About 80 bytes and the path for each.
/// </summary>
/// <param name="limits">The bounds.</param>
internal sealed class FolderTimes(ExtractionLimits limits)
{
    private readonly List<Folder> folders = [];
    private byte[] paths = new byte[4096];
    private int used;

    /// <summary>Remembers a folder; what was remembered of it before no longer counts.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="folder">Its descriptor.</param>
    /// <param name="times">Its times.</param>
    public void Remember(in EntryPath path, FileDescriptor folder, in FileTimes times)
    {
        if (FolderEntries.TryStat(folder.Number, default, out FileStatus status) is var errno and not Errno.None)
        {
            throw new KernelException(errno, "reading the attributes of", EntryName.Show(path.Full));
        }

        if (used + path.Full.Length > limits.MaximumFolderPathBytes)
        {
            throw ArchiveError.Limit($"its folders' paths take more than {ByteCount.Show(limits.MaximumFolderPathBytes)}");
        }

        if (paths.Length - used < path.Full.Length)
        {
            Array.Resize(ref paths, Math.Max(paths.Length * 2, used + path.Full.Length));
        }

        path.Full.CopyTo(paths.AsSpan(used));
        folders.Add(new Folder(used, path.Full.Length, status.Device, status.Inode, times));
        used += path.Full.Length;
    }

    /// <summary>Sets all times.</summary>
    /// <param name="root">The root's descriptor.</param>
    /// <param name="parents">Opens the folders.</param>
    public void Apply(FileDescriptor root, EntryParents parents)
    {
        foreach (ref readonly Folder folder in CollectionsMarshal.AsSpan(folders))
        {
            ReadOnlySpan<byte> full = paths.AsSpan(folder.Start, folder.Length);
            if (full.IsEmpty)
            {
                using FileDescriptor self = FolderEntries.TryOpen(root.Number, "."u8, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out Errno rootErrno)
                    ?? throw new KernelException(rootErrno, "opening", "the root");
                Check(FileContent.TrySetTimes(self, folder.Times), full);
                continue;
            }

            EntryPath path = EntryPath.Parse(full, full, limits);
            int parent = parents.TryOpenExisting(path);
            if (parent >= 0
                && FolderEntries.TryStat(parent, path.Name, out FileStatus status) == Errno.None
                && status.Kind == FileKind.Folder && status.Inode == folder.Inode && status.Device == folder.Device)
            {
                Check(FolderEntries.TrySetTimes(parent, path.Name, folder.Times), full);
            }
        }
    }

    private static void Check(Errno errno, ReadOnlySpan<byte> path)
    {
        if (errno != Errno.None)
        {
            throw new KernelException(errno, "setting the times of", EntryName.Show(path));
        }
    }

    private readonly record struct Folder(int Start, int Length, ulong Device, ulong Inode, FileTimes Times);
}
