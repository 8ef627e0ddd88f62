using System.Text;
using Containers.Engine.Layers;

namespace Containers.Engine.Images.Archives;

/// <summary>An export as a tar archive: owner 0, time 0, so that the same images make the same bytes.</summary>
/// <param name="output">Where to; stays the caller's.</param>
internal sealed class TarOutput(Stream output) : ArchiveOutput
{
    private readonly TarWriter writer = new(output);

    /// <inheritdoc/>
    public override void Folder(string path) => writer.Begin(new TarEntry { Name = Encoding.UTF8.GetBytes(path), Kind = TarEntryKind.Folder, Mode = 0x1ED });

    /// <inheritdoc/>
    public override void File(string path, long size, Action<ByteTap> content)
    {
        writer.Begin(new TarEntry { Name = Encoding.UTF8.GetBytes(path), Kind = TarEntryKind.Regular, Mode = 0x1A4, Size = size, StoredSize = size });
        content(writer.WriteContent);
    }

    /// <inheritdoc/>
    public override void Finish()
    {
        writer.Finish();
        output.Flush();
    }
}
