using Containers.Engine.Layers;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Images.Archives;

/// <summary>An export as a folder.</summary>
/// <param name="folder">The folder; stays the caller's.</param>
internal sealed class FolderOutput(FileDescriptor folder) : ArchiveOutput
{
    /// <inheritdoc/>
    public override void Folder(string path) => _ = Interop.Files.MakeFolder(folder.Number, path, 0x1C0);

    /// <inheritdoc/>
    public override void File(string path, long size, Action<ByteTap> content)
    {
        using FileDescriptor file = Interop.Files.Open(folder.Number, path, LibC.O_WRONLY | LibC.O_CREAT | LibC.O_EXCL | LibC.O_NOFOLLOW, 0x180);
        content(bytes => Interop.Files.Write(file, bytes, path));
    }

    /// <inheritdoc/>
    public override void Finish() => FileContent.SyncFileSystem(folder, "the image layout");
}
