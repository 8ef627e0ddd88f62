using Containers.Engine.Layers;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Copying;

/// <summary>A folder of this machine that something is copied to. What is copied comes from a container: no link below the folder is followed, and so none that came with it.</summary>
/// <param name="folder">The folder; stays the caller's.</param>
internal sealed class InhabitedHostFolder(FileDescriptor folder) : IInhabitedFolder
{
    /// <inheritdoc/>
    public FileDescriptor? TryOpen(ReadOnlySpan<byte> path, out Errno errno) => FolderEntries.TryOpen2(
        folder.Number, path, LibC.O_PATH | LibC.O_DIRECTORY, ResolveFlags.Beneath | ResolveFlags.NoSymlinks | ResolveFlags.NoMagicLinks, out errno);

    /// <inheritdoc/>
    public bool IsMounted(ReadOnlySpan<byte> path) => false;
}
