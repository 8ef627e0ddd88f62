using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Images.Archives;

/// <summary>A folder laid out as an image archive is. No symbolic link in it is followed, and nothing but a regular file is opened.</summary>
/// <param name="folder">The folder; this object's.</param>
internal sealed class LayoutFolder(FileDescriptor folder) : ArchiveFiles
{
    private const ResolveFlags Inside = ResolveFlags.Beneath | ResolveFlags.NoSymlinks | ResolveFlags.NoMagicLinks;

    /// <inheritdoc/>
    public override ArchiveFile? Find(string path)
    {
        using FileDescriptor? file = TryOpen(path, out long size);
        return file is null ? null : new ArchiveFile(path, size, () => Open(path, size));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            folder.Dispose();
        }
    }

    private FileStream Open(string path, long size)
    {
        FileDescriptor file = TryOpen(path, out long now) ?? throw ImageArchiveError.Wrong($"its file '{ImageArchiveError.Show(path)}' went away while it was read");
        if (now == size)
        {
            return file.IntoStream(FileAccess.Read);
        }

        file.Dispose();
        throw ImageArchiveError.Wrong($"its file '{ImageArchiveError.Show(path)}' changed while it was read");
    }

    private FileDescriptor? TryOpen(string path, out long size)
    {
        size = 0;

        // O_NONBLOCK: a named pipe would wait for a writer.
        FileDescriptor? file = Files.TryOpen2(folder.Number, path, LibC.O_RDONLY | LibC.O_NOFOLLOW | LibC.O_NONBLOCK, 0, Inside, out Errno errno);
        if (file is null)
        {
            return errno switch
            {
                Errno.ENOENT or Errno.ENOTDIR => null,
                Errno.ELOOP or Errno.EXDEV => throw ImageArchiveError.Wrong($"'{ImageArchiveError.Show(path)}' in it is, or lies behind, a symbolic link, which is not followed"),
                _ => throw new KernelException(errno, "opening", path),
            };
        }

        if (Files.TryStat(file.Number, string.Empty, follow: false, out FileStatus status) == Errno.None && status.Kind == FileKind.Regular)
        {
            size = status.Size;
            return file;
        }

        file.Dispose();
        return status.Kind == FileKind.Folder ? null : throw ImageArchiveError.Wrong($"'{ImageArchiveError.Show(path)}' in it is no regular file");
    }
}
