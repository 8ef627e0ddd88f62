using System.Diagnostics.CodeAnalysis;
using Containers.Interop;

namespace Containers.Engine.Layers;

/// <summary>Remembers the first path of each file that has several, until all of them were seen. About 100 bytes and the path for each such file.</summary>
internal sealed class LinkGroups
{
    private readonly Dictionary<(ulong Device, ulong Inode), (byte[] First, ulong Left)> groups = [];

    /// <summary>Looks for the path under which a file was seen before.</summary>
    /// <param name="status">The file, which is no folder.</param>
    /// <param name="first">Its first path.</param>
    /// <returns>False where it was not seen.</returns>
    public bool TryFind(in FileStatus status, [NotNullWhen(true)] out byte[]? first)
    {
        first = null;
        (ulong, ulong) key = (status.Device, status.Inode);
        if (status.Links < 2 || !groups.TryGetValue(key, out (byte[] First, ulong Left) group))
        {
            return false;
        }

        first = group.First;
        if (group.Left == 1)
        {
            groups.Remove(key);
        }
        else
        {
            groups[key] = (first, group.Left - 1);
        }

        return true;
    }

    /// <summary>Remembers a file's first path.</summary>
    /// <param name="status">The file.</param>
    /// <param name="path">The path.</param>
    public void Remember(in FileStatus status, ReadOnlySpan<byte> path)
    {
        if (status.Links >= 2)
        {
            groups[(status.Device, status.Inode)] = (path.ToArray(), status.Links - 1);
        }
    }
}
