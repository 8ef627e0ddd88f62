using Containers.Engine.Layers;

namespace Containers.Engine.Images.Archives;

/// <summary>Where an export's files go.</summary>
internal abstract class ArchiveOutput
{
    /// <summary>Makes a folder in one that is there.</summary>
    /// <param name="path">Its path.</param>
    public abstract void Folder(string path);

    /// <summary>Writes a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="size">Its bytes.</param>
    /// <param name="content">Gives them, exactly as many.</param>
    public abstract void File(string path, long size, Action<ByteTap> content);

    /// <summary>Writes what closes it.</summary>
    public abstract void Finish();
}
