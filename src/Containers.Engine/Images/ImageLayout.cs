using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Images;

/// <summary>
/// The folder <c>images</c>: an OCI image layout (image-spec, image-layout.md) that other tools read. Blobs never change; the index is replaced whole.
/// </summary>
internal sealed class ImageLayout : IDisposable
{
    private const int LargestDocument = 16 << 20;
    private const string MarkerName = "oci-layout";
    private readonly FileDescriptor folder;
    private readonly FileDescriptor blobs;

    /// <summary>Opens the layout, making its folders where they are missing.</summary>
    /// <param name="stateRoot">The state root.</param>
    public ImageLayout(FileDescriptor stateRoot)
    {
        folder = StoreFolder.Open(stateRoot, "images");
        using FileDescriptor parent = StoreFolder.Open(folder, "blobs");
        blobs = StoreFolder.Open(parent, "sha256");
    }

    /// <summary>Whether the documents are there without which other tools take it for no layout.</summary>
    public bool IsMarked => HasMarker && GetIndexStamp() != default;

    /// <summary>Writes those of these documents that are missing. The caller holds the store's lock.</summary>
    public void Mark()
    {
        if (!HasMarker)
        {
            AtomicDocument.Write(folder.Number, MarkerName, JsonSerializer.SerializeToUtf8Bytes(new OciLayoutMarker(), OciJson.Writer.OciLayoutMarker), durable: true);
        }

        if (GetIndexStamp() == default)
        {
            WriteIndex(ReadIndex());
        }
    }

    /// <summary>Tells one state of the index from another: it is replaced by rename, which changes the inode.</summary>
    /// <returns>What stat(2) tells of it; default where there is none.</returns>
    public FileStatus GetIndexStamp() =>
        Files.TryStat(folder.Number, "index.json", follow: false, out FileStatus status) == Errno.None ? status : default;

    /// <summary>Reads the index.</summary>
    /// <returns>The index; empty where there is none.</returns>
    /// <exception cref="EngineException">Storage where it is damaged.</exception>
    public OciIndex ReadIndex()
    {
        byte[]? bytes = Read(folder, "index.json");
        return bytes is null ? new OciIndex { MediaType = OciMediaType.Index } : Parse(bytes, OciJson.Default.OciIndex, "index.json");
    }

    /// <summary>Replaces the index, durably. The caller holds the store's lock.</summary>
    /// <param name="index">The new index.</param>
    public void WriteIndex(OciIndex index) =>
        AtomicDocument.Write(folder.Number, "index.json", JsonSerializer.SerializeToUtf8Bytes(index, OciJson.Writer.OciIndex), durable: true);

    /// <summary>Reads a document of the blobs and verifies its digest.</summary>
    /// <typeparam name="T">What it is.</typeparam>
    /// <param name="digest">Its digest.</param>
    /// <param name="type">How to read it.</param>
    /// <returns>The document.</returns>
    /// <exception cref="EngineException">Storage where it is missing or damaged.</exception>
    public T ReadDocument<T>(string digest, JsonTypeInfo<T> type)
        where T : class => Parse(ReadBlob(digest), type, digest);

    /// <summary>Writes a document into the blobs, durably.</summary>
    /// <typeparam name="T">What it is.</typeparam>
    /// <param name="document">The document.</param>
    /// <param name="type">How to write it.</param>
    /// <param name="mediaType">Its media type.</param>
    /// <returns>A reference to it.</returns>
    public OciDescriptor WriteDocument<T>(T document, JsonTypeInfo<T> type, string mediaType)
    {
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(document, type);
        return WriteBlob(bytes, mediaType);
    }

    /// <summary>Writes a small blob, durably.</summary>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="mediaType">Its media type.</param>
    /// <returns>A reference to it.</returns>
    public OciDescriptor WriteBlob(byte[] bytes, string mediaType)
    {
        string digest = Digest.Of(bytes);
        AtomicDocument.Write(blobs.Number, Digest.Hex(digest), bytes, durable: true);
        return new OciDescriptor { MediaType = mediaType, Digest = digest, Size = bytes.Length };
    }

    /// <summary>The size of a blob.</summary>
    /// <param name="digest">Its digest.</param>
    /// <returns>Bytes; null where it is not there.</returns>
    public long? SizeOf(string digest) => Files.TryStat(blobs.Number, Digest.Hex(digest), follow: false, out FileStatus status) == Errno.None ? status.Size : null;

    /// <summary>Reads a small blob and verifies its digest.</summary>
    /// <param name="digest">Its digest.</param>
    /// <returns>Its bytes.</returns>
    /// <exception cref="EngineException">Storage where it is missing or damaged.</exception>
    public byte[] ReadBlob(string digest)
    {
        byte[] bytes = Read(blobs, Digest.Hex(digest)) ?? throw Lost(digest);
        return Digest.Of(bytes) == digest ? bytes : throw Damaged(digest, "its content has another digest");
    }

    /// <summary>Opens a blob. Its content is not verified.</summary>
    /// <param name="digest">Its digest.</param>
    /// <returns>A stream that can seek.</returns>
    /// <exception cref="EngineException">Storage where it is missing.</exception>
    public FileStream OpenBlob(string digest)
    {
        FileDescriptor file = Files.TryOpen(blobs.Number, Digest.Hex(digest), LibC.O_RDONLY | LibC.O_NOFOLLOW | LibC.O_NONBLOCK, 0, out Errno errno)
            ?? throw (errno == Errno.ENOENT ? Lost(digest) : new KernelException(errno, "opening the blob", digest));
        return file.IntoStream(FileAccess.Read);
    }

    /// <summary>Takes over a file, synced by the caller, as a blob, in place of one that is there already: what was staged is verified. <see cref="Sync"/> makes it durable.</summary>
    /// <param name="from">The folder it is in.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="digest">Its digest.</param>
    public void AdoptBlob(FileDescriptor from, string name, string digest) => Files.Rename(from.Number, name, blobs.Number, Digest.Hex(digest));

    /// <summary>Makes adopted blobs durable.</summary>
    public void Sync() => Files.Sync(blobs, "blobs/sha256");

    /// <summary>Removes the blobs that nothing refers to, and what a killed writer left.</summary>
    /// <param name="reachable">The digests to keep.</param>
    public void RemoveUnreachable(IReadOnlySet<string> reachable)
    {
        using FileDescriptor listed = Files.Open(blobs.Number, ".", LibC.O_RDONLY | LibC.O_DIRECTORY);
        var listing = new FolderListing(listed, "blobs/sha256");
        while (listing.Next(out ReadOnlySpan<byte> name, out FileKind kind))
        {
            if (kind != FileKind.Folder && !reachable.Contains(Digest.Prefix + Encoding.UTF8.GetString(name)))
            {
                _ = FolderEntries.TryRemove(blobs.Number, name, isFolder: false);
            }
        }
    }

    /// <summary>The sizes of all blobs.</summary>
    /// <returns>Bytes by digest.</returns>
    public IReadOnlyDictionary<string, long> ReadBlobSizes()
    {
        using FileDescriptor listed = Files.Open(blobs.Number, ".", LibC.O_RDONLY | LibC.O_DIRECTORY);
        var listing = new FolderListing(listed, "blobs/sha256");
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        while (listing.Next(out ReadOnlySpan<byte> name, out _))
        {
            if (FolderEntries.TryStat(blobs.Number, name, out FileStatus status) == Errno.None)
            {
                sizes[Digest.Prefix + Encoding.UTF8.GetString(name)] = status.Size;
            }
        }

        return sizes;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        blobs.Dispose();
        folder.Dispose();
    }

    private bool HasMarker => Files.TryStat(folder.Number, MarkerName, follow: false, out _) == Errno.None;

    /// <summary>Parses a document that may be damaged or foreign.</summary>
    internal static T Parse<T>(ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type, string subject)
        where T : class => OciDocument.TryParse(bytes, type, out string? problem, out Exception? cause) ?? throw Damaged(subject, problem!, cause);

    internal static byte[]? Read(FileDescriptor folder, string name)
    {
        using FileDescriptor? file = Files.TryOpen(folder.Number, name, LibC.O_RDONLY | LibC.O_NOFOLLOW | LibC.O_NONBLOCK, 0, out Errno errno);
        if (file is null)
        {
            return errno == Errno.ENOENT ? null : throw new KernelException(errno, "opening", name);
        }

        _ = Files.TryStat(file.Number, string.Empty, follow: false, out FileStatus status);
        if (status.Kind != FileKind.Regular || status.Size > LargestDocument)
        {
            throw Damaged(name, $"it is no regular file of at most {LargestDocument} bytes");
        }

        byte[] bytes = new byte[status.Size];
        int done = 0;
        int count;
        while (done < bytes.Length && (count = Files.Read(file, bytes.AsSpan(done), name)) > 0)
        {
            done += count;
        }

        return bytes[..done];
    }

    private static EngineException Lost(string digest) =>
        new(EngineErrorReason.Storage, digest, $"The image store has lost the blob {digest}. Remove the image and import it again.");

    private static EngineException Damaged(string subject, string reason, Exception? inner = null) => new(
        EngineErrorReason.Storage, subject, $"The image store's document {subject} is damaged: {reason}. Remove the image that it belongs to and import it again.", inner);
}
