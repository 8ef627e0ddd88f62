using System.Text;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Storage;

/// <summary>
/// Replaces a small file so that a reader, who takes no lock, sees the old or the new content whole, at whatever instant the writer dies.
/// Writers of one document are serialised by their own lock.
/// </summary>
internal static class AtomicDocument
{
    /// <summary>Writes a document.</summary>
    /// <param name="folderFd">Its folder, opened O_RDONLY.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="bytes">Its new content.</param>
    /// <param name="durable">Whether it must survive the loss of power: then the file and its folder are synced.</param>
    /// <param name="like">What the new file takes its mode, owner and group of; null for mode 600 and the writer's.</param>
    /// <exception cref="KernelException">It was not replaced; the old content stands (unless only the folder's sync failed).</exception>
    public static void Write(int folderFd, string name, ReadOnlySpan<byte> bytes, bool durable, FileStatus? like = null)
    {
        // Always the same: what a writer left that was killed just before the rename goes with the next one's.
        string temporary = $".{name}.new";
        byte[] temporaryName = Encoding.UTF8.GetBytes(temporary);

        // A nameless file leaves nothing when the writer dies before. Some file systems cannot make one.
        FileDescriptor? file = FolderEntries.TryMakeNameless(folderFd, LibC.O_WRONLY, name);
        bool isNameless = file is not null;
        file ??= MakeNamed(folderFd, temporary, temporaryName);
        try
        {
            using (file)
            {
                Files.Write(file, bytes, name);
                if (like is { } model)
                {
                    Resemble(file, model, name);
                }

                if (durable)
                {
                    Files.Sync(file, name);
                }

                if (isNameless)
                {
                    Name(file, folderFd, temporaryName, name);
                }
            }

            Files.Rename(folderFd, temporary, folderFd, name);
        }
        catch
        {
            _ = FolderEntries.TryRemove(folderFd, temporaryName, isFolder: false);
            throw;
        }

        if (durable)
        {
            SyncFolder(folderFd, name);
        }
    }

    private static FileDescriptor MakeNamed(int folderFd, string temporary, ReadOnlySpan<byte> temporaryName)
    {
        _ = FolderEntries.TryRemove(folderFd, temporaryName, isFolder: false);
        return Files.Open(folderFd, temporary, LibC.O_WRONLY | LibC.O_CREAT | LibC.O_EXCL | LibC.O_NOFOLLOW, 0x180);
    }

    private static void Name(FileDescriptor file, int folderFd, ReadOnlySpan<byte> temporaryName, string name)
    {
        Errno errno = FolderEntries.TryLink(file, folderFd, temporaryName);
        if (errno == Errno.EEXIST)
        {
            _ = FolderEntries.TryRemove(folderFd, temporaryName, isFolder: false);
            errno = FolderEntries.TryLink(file, folderFd, temporaryName);
        }

        if (errno != Errno.None)
        {
            throw new KernelException(errno, "naming the new content of", name);
        }
    }

    private static void Resemble(FileDescriptor file, FileStatus model, string name)
    {
        Errno errno = FileContent.TryChown(file, model.Uid, model.Gid);
        errno = errno == Errno.None ? FileContent.TryChmod(file, model.Mode) : errno;
        if (errno != Errno.None)
        {
            throw new KernelException(errno, "setting the mode and owner of the new", name);
        }
    }

    private static void SyncFolder(int folderFd, string name)
    {
        using FileDescriptor folder = Files.Open(folderFd, ".", LibC.O_RDONLY | LibC.O_DIRECTORY);
        Files.Sync(folder, $"the folder of {name}");
    }
}
