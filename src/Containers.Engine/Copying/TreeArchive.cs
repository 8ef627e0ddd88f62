using Containers.Engine.Layers;
using Containers.Interop;

namespace Containers.Engine.Copying;

/// <summary>A file, or a folder with all below it, as a tar archive.</summary>
/// <param name="top">The file, opened with O_PATH; stays the caller's.</param>
/// <param name="name">What it is called in the archive; empty for a folder that is its root.</param>
/// <param name="options">How it is read.</param>
internal sealed class TreeArchive(FileDescriptor top, byte[] name, LayerWriteOptions options)
{
    private const int BufferSize = 256 * 1024;

    /// <summary>Writes the archive.</summary>
    /// <param name="output">Where to; stays the caller's.</param>
    /// <param name="cancellation">Ends it half way.</param>
    /// <exception cref="EngineException">As <see cref="TreeArchiver.Run(FileDescriptor, byte[])"/>.</exception>
    public void Write(Stream output, CancellationToken cancellation)
    {
        using var buffered = new BufferedStream(output, BufferSize);
        var writer = new TarWriter(buffered);
        using var archiver = new TreeArchiver(writer, options, cancellation);
        _ = archiver.Run(top, name);
        writer.Finish();
        buffered.Flush();
    }

    /// <summary>Unpacks the archive while it is written.</summary>
    /// <param name="folder">Where to; stays the caller's.</param>
    /// <param name="inhabited">The same folder.</param>
    /// <param name="owners">How owners are called there; null for by the same ids.</param>
    /// <param name="progress">Told of the bytes so far; or null.</param>
    /// <param name="cancellation">Ends it half way.</param>
    /// <exception cref="EngineException">As <see cref="Write"/> and <see cref="LayerExtractor.Run"/>.</exception>
    public void Unpack(FileDescriptor folder, IInhabitedFolder inhabited, OwnerTranslation? owners, IProgress<long>? progress, CancellationToken cancellation)
    {
        using var pipe = new LayerPipe(Write, static () => { }, cancellation);
        using var counted = new CountedStream(pipe, progress);
        using var source = new StreamSource(counted);
        using var extractor = new LayerExtractor(folder, new ExtractionOptions { Whiteouts = WhiteoutHandling.Plain, Inhabited = inhabited, Owners = owners });
        _ = extractor.Run(source, progress: null, cancellation);
    }
}
