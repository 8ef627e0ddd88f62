using System.Security.Cryptography;
using System.Text;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Storage;

/// <summary>
/// Where things are made before they are whole, and where they are put before they are removed: a folder each, locked by the process that works on it.
/// One whose lock is free was left by a dead process. Folders are made and judged under the store's lock, so that none is seen between its
/// making and its locking.
/// </summary>
/// <param name="root">The area's folder; stays the caller's.</param>
internal sealed class StagingArea(FileDescriptor root)
{
    /// <summary>Makes a file without a name.</summary>
    /// <returns>The file; null where the file system cannot make one.</returns>
    /// <exception cref="KernelException">It failed for another reason.</exception>
    public FileDescriptor? TryMakeNameless() => FolderEntries.TryMakeNameless(root.Number, LibC.O_RDWR, "staging");

    /// <summary>Makes a file and takes its name away.</summary>
    /// <param name="folder">The folder it is made in, which may go at once.</param>
    /// <returns>The file.</returns>
    /// <exception cref="KernelException">It failed.</exception>
    public static FileDescriptor MakeUnlinked(StagingFolder folder)
    {
        FileDescriptor file = Files.Open(folder.Descriptor.Number, "spool", LibC.O_RDWR | LibC.O_CREAT | LibC.O_EXCL | LibC.O_NOFOLLOW, 0x180);
        _ = Files.Remove(folder.Descriptor.Number, "spool");
        return file;
    }

    /// <summary>Makes a folder. The caller holds the store's lock.</summary>
    /// <returns>The folder; disposed, it is removed with all in it.</returns>
    public StagingFolder Make()
    {
        string name = RandomNumberGenerator.GetHexString(32, lowercase: true);
        if (!Files.MakeFolder(root.Number, name, 0x1C0))
        {
            throw new KernelException(Errno.EEXIST, "making the folder", name);
        }

        return TryTake(name) ?? throw new KernelException(Errno.EBUSY, "locking", name);
    }

    /// <summary>Makes a folder that keeps blobs or layers from being collected (<see cref="StagingFolder.Keep"/>). The caller holds the store's lock.</summary>
    /// <param name="digests">Their digests or chain ids.</param>
    /// <returns>The folder; disposed, it keeps them no more.</returns>
    public StagingFolder MakeKeeping(IEnumerable<string> digests)
    {
        StagingFolder keeper = Make();
        try
        {
            foreach (string digest in digests)
            {
                keeper.Keep(Images.Digest.Hex(digest));
            }

            return keeper;
        }
        catch
        {
            keeper.Dispose();
            throw;
        }
    }

    /// <summary>Takes over what dead processes left, to remove it. The caller holds the store's lock, and disposes the folders without it.</summary>
    /// <returns>The folders.</returns>
    public IReadOnlyList<StagingFolder> TakeAbandoned()
    {
        using FileDescriptor listed = Files.Open(root.Number, ".", LibC.O_RDONLY | LibC.O_DIRECTORY);
        var listing = new FolderListing(listed, "staging");
        var taken = new List<StagingFolder>();
        while (listing.Next(out ReadOnlySpan<byte> name, out _))
        {
            if (TryTake(Encoding.UTF8.GetString(name)) is { } folder)
            {
                taken.Add(folder);
            }
        }

        return taken;
    }

    /// <summary>What live processes keep (<see cref="StagingFolder.Keep"/>). The caller holds the store's lock.</summary>
    /// <returns>The names.</returns>
    public IReadOnlySet<string> ReadKept()
    {
        var kept = new HashSet<string>(StringComparer.Ordinal);
        using FileDescriptor listed = Files.Open(root.Number, ".", LibC.O_RDONLY | LibC.O_DIRECTORY);
        var listing = new FolderListing(listed, "staging");
        while (listing.Next(out ReadOnlySpan<byte> name, out _))
        {
            using FileDescriptor? folder = FolderEntries.TryOpen(root.Number, name, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out _);
            if (folder is null)
            {
                continue;
            }

            var entries = new FolderListing(folder, "staging");
            while (entries.Next(out ReadOnlySpan<byte> entry, out _))
            {
                if (entry.StartsWith(StagingFolder.KeepPrefix))
                {
                    kept.Add(Encoding.UTF8.GetString(entry[StagingFolder.KeepPrefix.Length..]));
                }
            }
        }

        return kept;
    }

    /// <summary>What dead processes left. The caller holds the store's lock.</summary>
    /// <returns>Bytes on disk.</returns>
    public long SizeOfAbandoned()
    {
        long total = 0;
        using FileDescriptor listed = Files.Open(root.Number, ".", LibC.O_RDONLY | LibC.O_DIRECTORY);
        var listing = new FolderListing(listed, "staging");
        while (listing.Next(out ReadOnlySpan<byte> name, out _))
        {
            // The lock of a look goes with the descriptor.
            using FileDescriptor? folder = FolderEntries.TryOpen(root.Number, name, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out _);
            if (folder is not null && Files.Lock(folder, wait: false, "staging"))
            {
                total += FolderUsage.Measure(folder);
            }
        }

        return total;
    }

    private StagingFolder? TryTake(string name)
    {
        FileDescriptor? folder = Files.TryOpen(root.Number, name, LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_NOFOLLOW, 0, out Errno errno);
        if (folder is null)
        {
            return errno is Errno.ENOENT or Errno.ENOTDIR ? null : throw new KernelException(errno, "opening", name);
        }

        if (Files.Lock(folder, wait: false, name))
        {
            return new StagingFolder(root, folder, name);
        }

        folder.Dispose();
        return null;
    }
}

/// <summary>One folder of a <see cref="StagingArea"/>, locked as long as this object lives; the kernel frees the lock of a process that dies.</summary>
internal sealed class StagingFolder : IDisposable
{
    private readonly FileDescriptor area;
    private readonly string name;

    /// <summary>What the names of the files start with that say what is kept.</summary>
    internal static ReadOnlySpan<byte> KeepPrefix => "keep."u8;

    internal StagingFolder(FileDescriptor area, FileDescriptor descriptor, string name)
    {
        this.area = area;
        this.name = name;
        Descriptor = descriptor;
    }

    /// <summary>The folder.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>
    /// Keeps a blob or a layer from being collected as long as this folder lives. The caller holds the store's lock, and has seen under it that the
    /// thing is there.
    /// </summary>
    /// <param name="thing">The digits of its digest or chain id.</param>
    public void Keep(string thing)
    {
        using FileDescriptor file = Files.Open(Descriptor.Number, Encoding.UTF8.GetString(KeepPrefix) + thing, LibC.O_WRONLY | LibC.O_CREAT | LibC.O_NOFOLLOW, 0x180);
    }

    /// <summary>Removes the folder with all in it.</summary>
    public void Dispose()
    {
        if (!Descriptor.IsClosed)
        {
            try
            {
                _ = FolderRemoval.Remove(area.Number, name);
            }
            catch (KernelException)
            {
                // What it was disposed for counts more. The lock is free now: the next import or removal tries again.
            }

            Descriptor.Dispose();
        }
    }
}
