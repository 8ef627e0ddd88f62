using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Layers;

/// <summary>
/// Opens the folders that entries lie in. A path is resolved by the kernel with the extraction's root as its root, so that a symbolic link among
/// its components, absolute or climbing, stays inside; the last folder is kept open, since entries come folder by folder.
/// </summary>
/// <param name="root">The root's descriptor.</param>
/// <param name="inhabited">Opens the folders in the kernel's stead where the root is not the extractor's alone; or null.</param>
/// <param name="countFolder">Called for each folder that had to be made because an entry lies in it.</param>
internal sealed class EntryParents(FileDescriptor root, IInhabitedFolder? inhabited, Action countFolder) : IDisposable
{
    private const ResolveFlags InRoot = ResolveFlags.InRoot | ResolveFlags.NoMagicLinks | ResolveFlags.NoXdev;
    private const ResolveFlags Strict = ResolveFlags.Beneath | ResolveFlags.NoSymlinks | ResolveFlags.NoMagicLinks | ResolveFlags.NoXdev;
    private readonly byte[] cachedPath = new byte[FolderEntries.LongestPath];
    private int cachedLength;
    private bool isStale;
    private FileDescriptor? cached;

    /// <summary>Opens the folder an entry is to be made in, making it (0755, of root) where it is missing.</summary>
    /// <param name="path">The entry.</param>
    /// <returns>The folder's descriptor; stays this object's, and valid until the next call of any of its methods.</returns>
    /// <exception cref="EngineException">InvalidData where a component is no folder, or a link to none.</exception>
    public int Open(in EntryPath path)
    {
        if (path.Parent.IsEmpty)
        {
            return root.Number;
        }

        if (!IsKept(path.Parent))
        {
            FileDescriptor folder = TryOpen(path.Parent, out Errno errno)
                ?? (errno == Errno.ENOENT ? MakeAll(path) : throw Refused(path, errno));
            Keep(path.Parent, folder);
        }

        return cached!.Number;
    }

    /// <summary>Opens the folder an entry lies in where it is still there.</summary>
    /// <param name="path">The entry.</param>
    /// <returns>The folder's descriptor as <see cref="Open"/> gives it, or -1.</returns>
    public int TryOpenExisting(in EntryPath path)
    {
        if (!path.Parent.IsEmpty && !IsKept(path.Parent))
        {
            FileDescriptor? folder = TryOpen(path.Parent, out _);
            if (folder is null)
            {
                return -1;
            }

            Keep(path.Parent, folder);
        }

        return path.Parent.IsEmpty ? root.Number : cached!.Number;
    }

    /// <summary>Opens the folder that a hard link's target lies in. No archiver writes a target's path through a link: it is refused.</summary>
    /// <param name="target">The target.</param>
    /// <param name="entry">The entry's name for messages.</param>
    /// <returns>The folder's descriptor.</returns>
    /// <exception cref="EngineException">InvalidData.</exception>
    public FileDescriptor OpenOfTarget(in EntryPath target, ReadOnlySpan<byte> entry)
    {
        if (target.Parent.IsEmpty)
        {
            return root.Duplicate();
        }

        Errno errno;
        return (inhabited is null
            ? FolderEntries.TryOpen2(root.Number, target.Parent, LibC.O_PATH | LibC.O_DIRECTORY, Strict, out errno)
            : inhabited.TryOpen(target.Parent, out errno))
            ?? throw ArchiveError.Refused(entry, errno switch
            {
                Errno.ELOOP => $"the file it links to, '{EntryName.Show(target.Full)}', lies behind a symbolic link",
                Errno.ENOENT or Errno.ENOTDIR => $"the file it links to, '{EntryName.Show(target.Full)}', is not in the archive before it",
                _ => $"the file it links to, '{EntryName.Show(target.Full)}', cannot be reached: {KernelException.Describe(errno)}",
            });
    }

    /// <summary>Keeps a folder just made for the entries in it.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="folder">Its descriptor; this object's from here on.</param>
    public void Keep(ReadOnlySpan<byte> path, FileDescriptor folder)
    {
        cached?.Dispose();
        cached = folder;
        path.CopyTo(cachedPath);
        cachedLength = path.Length;
        isStale = false;
    }

    /// <summary>Has the next path resolved anew: something was removed or replaced, and the last folder's path may lead elsewhere now.</summary>
    public void Forget() => isStale = true;

    /// <inheritdoc/>
    public void Dispose() => cached?.Dispose();

    private FileDescriptor? TryOpen(ReadOnlySpan<byte> path, out Errno errno) => inhabited is null
        ? FolderEntries.TryOpen2(root.Number, path, LibC.O_PATH | LibC.O_DIRECTORY, InRoot, out errno)
        : inhabited.TryOpen(path, out errno);

    private bool IsKept(ReadOnlySpan<byte> path) => cached is not null && !isStale && path.SequenceEqual(cachedPath.AsSpan(0, cachedLength));

    private FileDescriptor MakeAll(in EntryPath path)
    {
        FileDescriptor? current = null;
        int end = 0;
        while (true)
        {
            int start = end;
            int slash = path.Parent[start..].IndexOf((byte)'/');
            end = slash < 0 ? path.Parent.Length : start + slash;
            ReadOnlySpan<byte> name = path.Parent[start..end];
            int above = current?.Number ?? root.Number;

            // One step from where it is, so that a deep path costs no more than its length; only behind a link anew from the root.
            FileDescriptor? next = null;
            Errno errno = Errno.ELOOP;
            if (inhabited is null)
            {
                next = FolderEntries.TryOpen2(above, name, LibC.O_PATH | LibC.O_DIRECTORY, Strict, out errno);
            }

            if (errno == Errno.ELOOP)
            {
                next = TryOpen(path.Parent[..end], out errno);
            }

            if (next is null && errno == Errno.ENOENT)
            {
                next = MakeOne(path, above, name);
            }

            current?.Dispose();
            current = next ?? throw Refused(path, errno);
            if (end == path.Parent.Length)
            {
                return current;
            }

            end++;
        }
    }

    private FileDescriptor MakeOne(in EntryPath path, int above, ReadOnlySpan<byte> name)
    {
        countFolder();
        Errno errno = FolderEntries.TryMakeFolder(above, name, 0x1ED);
        if (errno == Errno.EEXIST)
        {
            throw ArchiveError.Refused(path.Full, "it lies in a folder that is a symbolic link to nothing");
        }

        FileDescriptor? folder = errno == Errno.None
            ? FolderEntries.TryOpen(above, name, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out errno)
            : null;
        if (folder is null || (errno = FileContent.TryChmod(folder, 0x1ED)) != Errno.None)
        {
            folder?.Dispose();
            throw new KernelException(errno, "making the folder of", EntryName.Show(path.Full));
        }

        return folder;
    }

    private static EngineException Refused(in EntryPath path, Errno errno) => ArchiveError.Refused(path.Full, errno switch
    {
        Errno.ENOTDIR => "it lies in something that is not a folder",
        Errno.ELOOP => "it lies behind a symbolic link, or a chain of them, that is not followed",
        _ => $"the folder it lies in cannot be reached: {KernelException.Describe(errno)}",
    });
}
