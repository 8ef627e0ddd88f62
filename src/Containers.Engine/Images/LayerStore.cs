using System.Text;
using System.Text.Json;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Images;

/// <summary>The folder <c>layers</c>: unpacked layers by the digits of their chain ids, each with its files in <c>fs</c> and its commit record beside.</summary>
internal sealed class LayerStore : IDisposable
{
    /// <summary>The name of a layer's files.</summary>
    public const string FilesName = "fs";

    private const string RecordName = "layer.json";
    private readonly FileDescriptor folder;

    /// <summary>Opens the folder, making it where it is missing.</summary>
    /// <param name="stateRoot">The state root.</param>
    public LayerStore(FileDescriptor stateRoot) => folder = StoreFolder.Open(stateRoot, "layers");

    /// <summary>Reads a layer's commit record.</summary>
    /// <param name="chainId">Its chain id.</param>
    /// <returns>The record, or null where the layer is not there whole.</returns>
    public LayerRecord? TryRead(string chainId)
    {
        using FileDescriptor? layer = Files.TryOpen(folder.Number, Digest.Hex(chainId), LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_NOFOLLOW, 0, out Errno errno);
        if (layer is null)
        {
            return errno == Errno.ENOENT ? null : throw new KernelException(errno, "opening the layer", chainId);
        }

        return ImageLayout.Read(layer, RecordName) is { } bytes ? ImageLayout.Parse(bytes, OciJson.Default.LayerRecord, $"{chainId}/{RecordName}") : null;
    }

    /// <summary>Whether a layer is there whole.</summary>
    /// <param name="chainId">Its chain id.</param>
    /// <returns>True where its commit record is.</returns>
    public bool Contains(string chainId) => Files.TryStat(folder.Number, $"{Digest.Hex(chainId)}/{RecordName}", follow: false, out _) == Errno.None;

    /// <summary>Writes the commit record of a staged layer. Who adopts the layer syncs the file system between.</summary>
    /// <param name="layer">The layer's folder.</param>
    /// <param name="record">The record.</param>
    public static void WriteRecord(FileDescriptor layer, LayerRecord record) =>
        AtomicDocument.Write(layer.Number, RecordName, JsonSerializer.SerializeToUtf8Bytes(record, OciJson.Writer.LayerRecord), durable: false);

    /// <summary>
    /// Takes over a layer with its record, both synced. One that is there already is left. The caller holds the store's lock, and calls
    /// <see cref="Sync"/> before anything refers to the layer.
    /// </summary>
    /// <param name="from">The folder it is in.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="chainId">Its chain id.</param>
    public void Adopt(FileDescriptor from, string name, string chainId)
    {
        if (!Contains(chainId))
        {
            Files.Rename(from.Number, name, folder.Number, Digest.Hex(chainId), noReplace: true);
        }
    }

    /// <summary>Makes adopted layers durable.</summary>
    public void Sync() => Files.Sync(folder, "layers");

    /// <summary>Moves layers that nothing needs away, whole, so that none is ever seen half removed. The caller holds the store's lock.</summary>
    /// <param name="reachable">The chain ids to keep.</param>
    /// <param name="trash">Where to.</param>
    public void MoveUnreachable(IReadOnlySet<string> reachable, StagingFolder trash)
    {
        using FileDescriptor listed = Files.Open(folder.Number, ".", LibC.O_RDONLY | LibC.O_DIRECTORY);
        var listing = new FolderListing(listed, "layers");
        while (listing.Next(out ReadOnlySpan<byte> name, out _))
        {
            string text = Encoding.UTF8.GetString(name);
            if (!reachable.Contains(Digest.Prefix + text))
            {
                Files.Rename(folder.Number, text, trash.Descriptor.Number, text);
            }
        }
    }

    /// <summary>Reads the records of all layers.</summary>
    /// <returns>The records by chain id; null where one cannot be read.</returns>
    public IReadOnlyDictionary<string, LayerRecord?> ReadAll()
    {
        using FileDescriptor listed = Files.Open(folder.Number, ".", LibC.O_RDONLY | LibC.O_DIRECTORY);
        var listing = new FolderListing(listed, "layers");
        var all = new Dictionary<string, LayerRecord?>(StringComparer.Ordinal);
        while (listing.Next(out ReadOnlySpan<byte> name, out _))
        {
            string chainId = Digest.Prefix + Encoding.UTF8.GetString(name);
            if (Digest.IsValid(chainId))
            {
                all[chainId] = TryReadSound(chainId);
            }
        }

        return all;
    }

    /// <inheritdoc/>
    public void Dispose() => folder.Dispose();

    private LayerRecord? TryReadSound(string chainId)
    {
        try
        {
            return TryRead(chainId);
        }
        catch (EngineException)
        {
            return null;
        }
    }
}
