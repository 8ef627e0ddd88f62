using Containers.Engine.Images;
using Containers.Engine.Layers;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Runtime;

/// <summary>
/// The folders that the launch makes in a container's writable layer to mount the kernel's file systems on, where its image has none. They are nothing that
/// the container wrote. Mount points of volumes are: who asks for one asks for its folder.
/// </summary>
internal static class KernelMountPoints
{
    private const long MostNames = 100_000;
    private static readonly byte[][] Names = ["dev"u8.ToArray(), "proc"u8.ToArray(), "sys"u8.ToArray()];

    /// <summary>Finds those that are there for this reason alone: still empty, and not in the image.</summary>
    /// <param name="upper">The container's writable layer.</param>
    /// <param name="layers">The layers of its image.</param>
    /// <returns>Their names at the root.</returns>
    /// <exception cref="EngineException">Storage, LimitExceeded.</exception>
    public static IReadOnlyList<byte[]> FindMade(FileDescriptor upper, KeptLayers layers)
    {
        IReadOnlyList<byte[]> empty = FindEmpty(upper);
        if (empty.Count == 0)
        {
            return empty;
        }

        using MergedFolder image = ImageComparison.OpenRoot(layers);
        var there = image.List(MostNames);
        return [.. empty.Where(name => !IsShown(image, [.. there.Where(entry => entry.Name.AsSpan().SequenceEqual(name))]))];
    }

    /// <summary>Finds those that are still empty; where the image has none, they are there for this reason alone.</summary>
    /// <param name="upper">The container's writable layer.</param>
    /// <returns>Their names at the root.</returns>
    public static IReadOnlyList<byte[]> FindEmpty(FileDescriptor upper) => [.. Names.Where(name => IsEmpty(upper, name))];

    private static bool IsShown(MergedFolder image, (byte[] Name, int Layer)[] entries)
    {
        using MergedFile? shown = image.TryOpen(entries);
        return shown is not null;
    }

    private static bool IsEmpty(FileDescriptor upper, byte[] name)
    {
        using FileDescriptor? folder = FolderEntries.TryOpen2(upper.Number, name, LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_NOFOLLOW, ResolveFlags.NoXdev, out _);
        return folder is not null && !new FolderListing(folder, EntryName.Show(name)).Next(out _, out _);
    }
}
