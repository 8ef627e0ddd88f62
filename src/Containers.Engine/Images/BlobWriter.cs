using System.Security.Cryptography;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Images;

/// <summary>Writes and hashes a blob as it streams by on another thread. Once disposed it refuses more, so that a reader left behind writes nowhere.</summary>
internal sealed class BlobWriter : IDisposable
{
    private readonly Lock gate = new();
    private readonly FileDescriptor file;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool isClosed;

    /// <summary>Makes the file.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">Its name there.</param>
    public BlobWriter(FileDescriptor folder, string name) =>
        file = Files.Open(folder.Number, name, LibC.O_WRONLY | LibC.O_CREAT | LibC.O_EXCL | LibC.O_NOFOLLOW, 0x180);

    /// <summary>Bytes written.</summary>
    public long Size { get; private set; }

    /// <summary>Writes on.</summary>
    /// <param name="bytes">The next bytes.</param>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            if (isClosed)
            {
                throw new OperationCanceledException("The import has ended.");
            }

            hash.AppendData(bytes);
            Files.Write(file, bytes, "the image's blob");
            Size += bytes.Length;
        }
    }

    /// <summary>Gives the digest of what was written.</summary>
    /// <returns>The digest.</returns>
    public string Finish()
    {
        lock (gate)
        {
            return Digest.FromHash(hash.GetHashAndReset());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            isClosed = true;
            file.Dispose();
            hash.Dispose();
        }
    }
}
