using System.Text;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Storage;

/// <summary>
/// Removes a tree whose content is hostile, with whatever is made in it meanwhile: relative to descriptors, following no link, crossing no
/// mount point. A tree of any depth takes at most <see cref="OpenLevels"/> descriptors and no recursion: a folder deeper than that
/// is first moved up to the top of the tree.
/// </summary>
internal sealed class FolderRemoval
{
    private const int OpenLevels = 32;
    private const int AttemptsAgainstNewEntries = 100;
    private const ResolveFlags NoWayOut = ResolveFlags.Beneath | ResolveFlags.NoSymlinks | ResolveFlags.NoMagicLinks | ResolveFlags.NoXdev;

    private readonly string subject;
    private readonly CancellationToken cancellation;
    private readonly Stack<Level> levels = new();
    private long moved;

    private FolderRemoval(string subject, CancellationToken cancellation)
    {
        this.subject = subject;
        this.cancellation = cancellation;
    }

    /// <summary>Removes an entry of a folder: a file of any kind, a link (not what it leads to), or a folder with all that is in it.</summary>
    /// <param name="parent">The folder's descriptor.</param>
    /// <param name="name">The entry.</param>
    /// <param name="cancellation">Ends the removal half way.</param>
    /// <returns>False where nothing of that name was there.</returns>
    /// <exception cref="KernelException">Something in it could not be removed; EXDEV where a file system is mounted in it.</exception>
    public static bool Remove(int parent, string name, CancellationToken cancellation = default) =>
        Remove(parent, Encoding.UTF8.GetBytes(name), name, cancellation);

    /// <summary>As <see cref="Remove(int, string, CancellationToken)"/>, for a name that is bytes.</summary>
    /// <param name="parent">The folder's descriptor.</param>
    /// <param name="name">The entry: one component.</param>
    /// <param name="subject">What an error's message names.</param>
    /// <param name="cancellation">Ends the removal half way.</param>
    /// <returns>False where nothing of that name was there.</returns>
    /// <exception cref="KernelException">Something in it could not be removed; EXDEV where a file system is mounted in it.</exception>
    public static bool Remove(int parent, ReadOnlySpan<byte> name, string subject, CancellationToken cancellation = default)
    {
        switch (FolderEntries.TryRemove(parent, name, isFolder: false))
        {
            case Errno.None:
                return true;
            case Errno.ENOENT:
                return false;
            case Errno.EISDIR or Errno.EPERM:
                break;
            case Errno other:
                throw new KernelException(other, "removing", subject);
        }

        var removal = new FolderRemoval(subject, cancellation);
        try
        {
            removal.Run(parent, name.ToArray());
            return true;
        }
        finally
        {
            while (removal.levels.TryPop(out Level? level))
            {
                level.Folder.Dispose();
            }
        }
    }

    private void Run(int parent, byte[] name)
    {
        Errno pushed = Push(parent, name);
        if (pushed != Errno.None)
        {
            throw new KernelException(pushed is Errno.ENOTDIR ? Errno.EPERM : pushed, "removing", subject);
        }

        Level top = levels.Peek();
        while (levels.TryPeek(out Level? level))
        {
            cancellation.ThrowIfCancellationRequested();
            if (level.Listing.Next(out ReadOnlySpan<byte> entry, out FileKind kind))
            {
                RemoveEntry(top, level, entry, kind);
                continue;
            }

            Errno errno = FolderEntries.TryRemove(level.Parent, level.Name, isFolder: true);
            if (errno is Errno.ENOTEMPTY or Errno.EEXIST && level.Attempts++ < AttemptsAgainstNewEntries)
            {
                // Entries that came meanwhile, that the listing left out while others vanished, or that were moved up to here.
                level.Listing.Rewind();
                continue;
            }

            // Another one removed it meanwhile, or put a file in its place: then the next pass over the folder above meets that.
            if (errno is not (Errno.None or Errno.ENOENT) && !(errno == Errno.ENOTDIR && levels.Count > 1))
            {
                throw new KernelException(errno, $"removing '{Show(level.Name)}' in", subject);
            }

            _ = levels.Pop();
            level.Folder.Dispose();
            if (levels.TryPeek(out Level? next))
            {
                next.Attempts = 0;
            }
        }
    }

    private void RemoveEntry(Level top, Level level, ReadOnlySpan<byte> entry, FileKind kind)
    {
        if (kind is not FileKind.Folder)
        {
            Errno errno = FolderEntries.TryRemove(level.Folder.Number, entry, isFolder: false);
            if (errno == Errno.EACCES && FileContent.TryChmod(level.Folder, 0x1C0) == Errno.None)
            {
                errno = FolderEntries.TryRemove(level.Folder.Number, entry, isFolder: false);
            }

            if (errno is Errno.None or Errno.ENOENT)
            {
                return;
            }

            if (errno is not (Errno.EISDIR or Errno.EPERM))
            {
                throw new KernelException(errno, $"removing '{Show(entry)}' in", subject);
            }
        }

        // Most folders of a tree that deep, or of an emptied one, are empty: then no descriptor is needed.
        Errno folderErrno = FolderEntries.TryRemove(level.Folder.Number, entry, isFolder: true);
        if (folderErrno == Errno.EACCES && FileContent.TryChmod(level.Folder, 0x1C0) == Errno.None)
        {
            folderErrno = FolderEntries.TryRemove(level.Folder.Number, entry, isFolder: true);
        }

        if (folderErrno is Errno.None or Errno.ENOENT)
        {
            return;
        }

        if (levels.Count >= OpenLevels)
        {
            MoveUp(top, level, entry);
            return;
        }

        Errno pushed = Push(level.Folder.Number, entry.ToArray());

        // Not a folder (any more): another one makes and removes entries meanwhile, and the next pass over this folder meets it again,
        // or it is a file that may not be removed, and that pass finds the folder not empty until its attempts are used up.
        if (pushed is not (Errno.None or Errno.ENOENT or Errno.ENOTDIR))
        {
            throw new KernelException(pushed, $"opening '{Show(entry)}' to remove it in", subject);
        }
    }

    private void MoveUp(Level top, Level level, ReadOnlySpan<byte> entry)
    {
        while (true)
        {
            byte[] name = Encoding.UTF8.GetBytes($".removal-{moved++:x}");
            Errno errno = FolderEntries.TryMove(level.Folder.Number, entry, top.Folder.Number, name);
            if (errno == Errno.EACCES)
            {
                // Moving a folder rewrites its `..`, for which an ordinary user needs the right to write to it.
                MakeAccessible(level.Folder.Number, entry);
                errno = FolderEntries.TryMove(level.Folder.Number, entry, top.Folder.Number, name);
            }

            if (errno is Errno.None or Errno.ENOENT)
            {
                top.Attempts = 0;
                return;
            }

            if (errno != Errno.EEXIST)
            {
                throw new KernelException(errno, $"moving '{Show(entry)}' up in", subject);
            }
        }
    }

    private Errno Push(int parent, byte[] name)
    {
        FileDescriptor? folder = TryOpenFolder(parent, name, LibC.O_RDONLY, out Errno errno);
        if (errno == Errno.EACCES)
        {
            MakeAccessible(parent, name);
            folder = TryOpenFolder(parent, name, LibC.O_RDONLY, out errno);
        }

        if (folder is not null)
        {
            levels.Push(new Level(parent, folder, name, new FolderListing(folder, subject)));
        }

        return errno;
    }

    private static FileDescriptor? TryOpenFolder(int parent, ReadOnlySpan<byte> name, int access, out Errno errno) =>
        FolderEntries.TryOpen2(parent, name, access | LibC.O_DIRECTORY | LibC.O_NOFOLLOW, NoWayOut, out errno);

    /// <summary>An overlay's `work` folder has mode 000, which stops everybody but root with CAP_DAC_OVERRIDE.</summary>
    private void MakeAccessible(int parent, ReadOnlySpan<byte> name)
    {
        using FileDescriptor? folder = TryOpenFolder(parent, name, LibC.O_PATH, out Errno errno);
        if (folder is not null)
        {
            errno = FileContent.TryChmodPath(folder, 0x1C0);
        }

        if (errno != Errno.None)
        {
            throw new KernelException(errno, $"getting access to '{Show(name)}' to remove it in", subject);
        }
    }

    private static string Show(ReadOnlySpan<byte> name) => Layers.EntryName.Show(name);

    private sealed class Level(int parent, FileDescriptor folder, byte[] name, FolderListing listing)
    {
        public int Parent { get; } = parent;

        public FileDescriptor Folder { get; } = folder;

        public byte[] Name { get; } = name;

        public FolderListing Listing { get; } = listing;

        public int Attempts { get; set; }
    }
}
