using Containers.Interop;

namespace Containers.Engine.Layers;

/// <summary>Tells what of two files is not the same. Contents are read and compared wherever their lengths agree: equal times prove nothing.</summary>
/// <param name="cancellation">Ends a long comparison.</param>
internal sealed class FileComparison(CancellationToken cancellation)
{
    private readonly byte[] one = new byte[128 * 1024];
    private readonly byte[] other = new byte[128 * 1024];

    /// <summary>Compares.</summary>
    /// <param name="before">The first.</param>
    /// <param name="after">The second.</param>
    /// <param name="path">A path for messages.</param>
    /// <returns>What is not the same.</returns>
    /// <exception cref="KernelException">One of them cannot be read.</exception>
    public FileAspects Compare(MergedFile before, MergedFile after, ReadOnlySpan<byte> path)
    {
        FileStatus first = before.Status;
        FileStatus second = after.Status;
        FileAspects aspects = FileAspects.None;
        aspects |= first.Uid != second.Uid || first.Gid != second.Gid ? FileAspects.Owner : FileAspects.None;
        aspects |= first.ModifiedSeconds != second.ModifiedSeconds || first.ModifiedNanoseconds != second.ModifiedNanoseconds ? FileAspects.Time : FileAspects.None;
        aspects |= first.Mode != second.Mode ? FileAspects.Mode : FileAspects.None;
        aspects |= HaveSameAttributes(before.File, after.File) ? FileAspects.None : FileAspects.Attributes;
        if (first.Kind != second.Kind)
        {
            return aspects | FileAspects.Type;
        }

        return aspects | first.Kind switch
        {
            FileKind.Regular when first.Size != second.Size || !HaveSameContent(before.File, after.File, first.Size, path) => FileAspects.Content,
            FileKind.Symlink when !ReadLink(before.File, path).AsSpan().SequenceEqual(ReadLink(after.File, path)) => FileAspects.Target,
            FileKind.CharacterDevice or FileKind.BlockDevice when first.RawDevice != second.RawDevice => FileAspects.Device,
            _ => FileAspects.None,
        };
    }

    private static byte[] ReadLink(FileDescriptor link, ReadOnlySpan<byte> path) =>
        FileInspection.TryReadLink(link, out byte[] text) is var errno && errno == Errno.None ? text : throw new KernelException(errno, "reading the symbolic link", EntryName.Show(path));

    private static bool HaveSameAttributes(FileDescriptor before, FileDescriptor after)
    {
        IReadOnlyList<ExtendedAttribute> first = LayerAttributes.Read(before, out _);
        IReadOnlyList<ExtendedAttribute> second = LayerAttributes.Read(after, out _);
        if (first.Count != second.Count)
        {
            return false;
        }

        for (int i = 0; i < first.Count; i++)
        {
            if (!first[i].Name.AsSpan().SequenceEqual(second[i].Name) || !first[i].Value.AsSpan().SequenceEqual(second[i].Value))
            {
                return false;
            }
        }

        return true;
    }

    private bool HaveSameContent(FileDescriptor before, FileDescriptor after, long size, ReadOnlySpan<byte> path)
    {
        using FileDescriptor first = ContentReader.Open(before, path);
        using FileDescriptor second = ContentReader.Open(after, path);
        for (long offset = 0; offset < size;)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = ReadFull(first, one, offset, path);
            if (count != ReadFull(second, other, offset, path) || !one.AsSpan(0, count).SequenceEqual(other.AsSpan(0, count)))
            {
                return false;
            }

            if (count == 0)
            {
                break;
            }

            offset += count;
        }

        return true;
    }

    private static int ReadFull(FileDescriptor file, Span<byte> buffer, long offset, ReadOnlySpan<byte> path)
    {
        int done = 0;
        int count;
        while (done < buffer.Length && (count = Files.ReadAt(file, buffer[done..], offset + done, EntryName.Show(path))) > 0)
        {
            done += count;
        }

        return done;
    }
}
