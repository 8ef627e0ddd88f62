using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Layers;

/// <summary>Reads the content of regular files for an archive.</summary>
/// <param name="cancellation">Ends it half way.</param>
internal sealed class ContentReader(CancellationToken cancellation)
{
    private readonly byte[] buffer = new byte[256 * 1024];

    /// <summary>Opens a file's content, without changing its time of last access where that is allowed.</summary>
    /// <param name="file">The regular file, opened with O_PATH.</param>
    /// <param name="path">Its path for messages.</param>
    /// <returns>A descriptor for reading.</returns>
    /// <exception cref="KernelException">It cannot be opened.</exception>
    public static FileDescriptor Open(FileDescriptor file, ReadOnlySpan<byte> path)
    {
        // O_NOATIME is for the owner and for CAP_FOWNER.
        FileDescriptor? open = FileInspection.TryReopen(file, LibC.O_RDONLY | LibC.O_NOATIME, out Errno errno);
        if (errno == Errno.EPERM)
        {
            open = FileInspection.TryReopen(file, LibC.O_RDONLY, out errno);
        }

        return open ?? throw new KernelException(errno, "opening", EntryName.Show(path));
    }

    /// <summary>Copies exactly so many bytes; what a file grew by meanwhile is left out.</summary>
    /// <param name="file">The file.</param>
    /// <param name="piece">Which.</param>
    /// <param name="writer">Where to.</param>
    /// <returns>False where the file has become shorter.</returns>
    public bool TryCopy(FileDescriptor file, SparsePiece piece, TarWriter writer)
    {
        long end = piece.Offset + piece.Length;
        for (long offset = piece.Offset; offset < end;)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Files.ReadAt(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - offset)), offset, "the file");
            if (count == 0)
            {
                return false;
            }

            writer.WriteContent(buffer.AsSpan(0, count));
            offset += count;
        }

        return true;
    }
}
