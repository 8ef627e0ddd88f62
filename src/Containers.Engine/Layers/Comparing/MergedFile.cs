using Containers.Interop;

namespace Containers.Engine.Layers;

/// <summary>A file as an overlay of layers shows it.</summary>
/// <param name="file">The file, opened with O_PATH; this object's, or that of the folder.</param>
/// <param name="status">What stat(2) told.</param>
/// <param name="folder">The folder, of which <paramref name="file"/> is the highest; null for what is none.</param>
internal sealed class MergedFile(FileDescriptor file, FileStatus status, MergedFolder? folder) : IDisposable
{
    private MergedFolder? folder = folder;

    /// <summary>The file.</summary>
    public FileDescriptor File { get; } = file;

    /// <summary>What stat(2) told.</summary>
    public FileStatus Status { get; } = status;

    /// <summary>Bytes of content; 0 for what is no regular file.</summary>
    public long Size => Status.Kind == FileKind.Regular ? Status.Size : 0;

    /// <summary>Hands the folder over.</summary>
    /// <returns>The folder, the caller's from here on; null for what is none.</returns>
    public MergedFolder? TakeFolder()
    {
        MergedFolder? taken = folder;
        folder = null;
        return taken;
    }

    /// <summary>Whether another shows just the same file, or the same folders.</summary>
    /// <param name="other">The other.</param>
    /// <returns>True where they are.</returns>
    public bool IsSame(MergedFile other) => Status.Device == other.Status.Device && Status.Inode == other.Status.Inode
        && (folder is null || (other.folder is not null && folder.IsSame(other.folder)));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (folder is not null)
        {
            folder.Dispose();
        }
        else if (Status.Kind != FileKind.Folder)
        {
            File.Dispose();
        }
    }
}
