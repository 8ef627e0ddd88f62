using System.Text.Json.Serialization.Metadata;

namespace Containers.Engine.Images.Archives;

/// <summary>The files of an image archive, or of a folder laid out as one, by their paths. All that is in them is the word of a stranger.</summary>
internal abstract class ArchiveFiles : IDisposable
{
    /// <summary>The longest document in bytes: an index, a manifest, a configuration.</summary>
    private const int LargestDocument = 8 << 20;

    /// <summary>All documents together, each counted as often as it is named.</summary>
    private const int MostDocumentBytes = 64 << 20;

    private long documentBytes;

    /// <summary>Looks for a file.</summary>
    /// <param name="path">Its path, in the plain form of <see cref="ArchivePath"/>.</param>
    /// <returns>The file, symbolic links of the archive followed; null where there is none.</returns>
    /// <exception cref="EngineException">InvalidData where a link leads nowhere or in circles.</exception>
    public abstract ArchiveFile? Find(string path);

    /// <summary>Reads a whole document.</summary>
    /// <param name="file">The file.</param>
    /// <returns>Its bytes.</returns>
    /// <exception cref="EngineException">LimitExceeded where it is too long, Storage where it cannot be read.</exception>
    public byte[] Read(ArchiveFile file)
    {
        if (file.Size > LargestDocument)
        {
            throw ImageArchiveError.Limit($"its document '{ImageArchiveError.Show(file.Name)}' has {Layers.ByteCount.Show(file.Size)}, more than {Layers.ByteCount.Show(LargestDocument)}");
        }

        if ((documentBytes += file.Size) > MostDocumentBytes)
        {
            throw ImageArchiveError.Limit($"its documents have more than {Layers.ByteCount.Show(MostDocumentBytes)} together");
        }

        byte[] bytes = new byte[file.Size];
        try
        {
            using Stream stream = file.Open();
            stream.ReadExactly(bytes);
        }
        catch (IOException failure)
        {
            throw new EngineException(EngineErrorReason.Storage, file.Name, $"Reading '{ImageArchiveError.Show(file.Name)}' of the image archive failed: {failure.Message.TrimEnd('.')}.", failure);
        }

        return bytes;
    }

    /// <summary>Parses a document.</summary>
    /// <typeparam name="T">What it is.</typeparam>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="type">How to read it.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <returns>The document.</returns>
    /// <exception cref="EngineException">InvalidData.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type, string name)
        where T : class =>
        OciDocument.TryParse(bytes, type, out string? problem, out Exception? cause)
        ?? throw ImageArchiveError.Wrong($"its document '{ImageArchiveError.Show(name)}' does not parse ({problem})", cause);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what is held open.</summary>
    /// <param name="disposing">Whether it is called from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
