using System.Diagnostics;
using Containers.Engine.Layers;

namespace Containers.Engine.Images.Archives;

/// <summary>
/// Finds out what an archive is and where its files are. A plain archive in a file is only indexed: its headers are read, its content passed over. One that is
/// compressed, or comes by a pipe, is spooled file by file into a nameless file of the store, which is gone with the process at the latest.
/// </summary>
internal sealed class ArchiveScan : IDisposable
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(100);

    private readonly Stream archive;
    private readonly long start;
    private readonly RecordedInput? recorded;

    private ArchiveScan(Stream archive, Func<FileStream> makeSpool, CancellationToken cancellation)
    {
        this.archive = archive;
        if (archive.CanSeek)
        {
            start = archive.Position;
        }
        else
        {
            recorded = new RecordedInput(archive, makeSpool, cancellation);
        }
    }

    /// <summary>The image archive's files; null where the archive is that of a root file system.</summary>
    public ArchiveFiles? Files { get; private set; }

    /// <summary>Scans.</summary>
    /// <param name="archive">The archive: plain, gzip or zstd; stays the caller's, and open as long as this object.</param>
    /// <param name="makeSpool">Makes a nameless file on the store's disk.</param>
    /// <param name="limits">The bounds.</param>
    /// <param name="progress">Told now and then while bytes are spooled, or null.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="EngineException">InvalidData, LimitExceeded, NotSupported, Storage.</exception>
    public static ArchiveScan Run(
        Stream archive, Func<FileStream> makeSpool, ExtractionLimits limits, IProgress<LayerProgress>? progress, CancellationToken cancellation)
    {
        var scan = new ArchiveScan(archive, makeSpool, cancellation);
        try
        {
            var input = new ArchiveInput(scan.recorded ?? archive, limits, tap: null, cancellation);
            using (input)
            {
                Stream tar = LayerCompression.Open(input, out LayerCompressionKind compression);
                scan.Files = compression == LayerCompressionKind.None && archive is FileStream { CanSeek: true } file
                    ? scan.Index(file, limits, cancellation)
                    : scan.Spool(input, tar, makeSpool, limits, progress, cancellation);
            }

            return scan;
        }
        catch
        {
            scan.Dispose();
            throw;
        }
    }

    /// <summary>The whole archive as it came, where it is that of a root file system.</summary>
    /// <returns>A stream, valid as long as this object.</returns>
    public Stream Again()
    {
        if (recorded is null)
        {
            archive.Position = start;
            return archive;
        }

        recorded.Rewind();
        return recorded;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Files?.Dispose();
        recorded?.Dispose();
    }

    private ArchiveTable? Index(FileStream file, ExtractionLimits limits, CancellationToken cancellation)
    {
        using var source = new FileSource(file.SafeFileHandle, start, file.Length, cancellation);
        var reader = new TarReader(source, limits);
        var table = new ArchiveTable(file.SafeFileHandle, owner: null);
        return Fill(table, reader, limits, _ => start + reader.ContentOffset) ? table : null;
    }

    private ArchiveTable? Spool(
        ArchiveInput input, Stream tar, Func<FileStream> makeSpool, ExtractionLimits limits, IProgress<LayerProgress>? progress, CancellationToken cancellation)
    {
        long? total = archive.CanSeek ? archive.Length - start : null;
        long reported = Stopwatch.GetTimestamp();
        using var source = new DecompressedSource(input, tar, limits);
        var reader = new TarReader(source, limits);
        FileStream spool = makeSpool();
        var table = new ArchiveTable(spool.SafeFileHandle, spool);
        bool isWhole = false;
        try
        {
            if (!Fill(table, reader, limits, Keep))
            {
                return null;
            }

            // To the very end, so that whoever writes into the pipe is not cut off.
            reader.Drain();
            input.Drain();
            isWhole = true;
            return table;
        }
        finally
        {
            if (!isWhole)
            {
                table.Dispose();
            }
        }

        long Keep(TarEntry entry)
        {
            long offset = spool.Position;
            while (reader.ReadContent() is { IsEmpty: false } piece)
            {
                cancellation.ThrowIfCancellationRequested();
                spool.Write(piece);
                if (progress is not null && Stopwatch.GetElapsedTime(reported) >= ProgressInterval)
                {
                    reported = Stopwatch.GetTimestamp();
                    progress.Report(new LayerProgress(ImageArchiveError.Subject, LayerStage.Receiving, input.BytesRead, total));
                }
            }

            return offset;
        }
    }

    private bool Fill(ArchiveTable table, TarReader reader, ExtractionLimits limits, Func<TarEntry, long> place)
    {
        bool isImage = false;
        while (reader.Next() is { } entry)
        {
            string path;
            try
            {
                path = ArchivePath.Normalize(entry.Name, limits);
            }
            catch (EngineException) when (!isImage)
            {
                // Not the name of an image archive's file. Whether a root file system may have it is for its own import to say.
                return false;
            }

            EntryEvidence evidence = isImage ? EntryEvidence.Image : ArchiveKind.Judge(path, entry.Kind);
            if (evidence == EntryEvidence.RootFileSystem)
            {
                return false;
            }

            if (evidence == EntryEvidence.Image && !isImage)
            {
                isImage = true;
                recorded?.Forget();
            }

            if (path.Length > 0)
            {
                table.Add(path, entry, place(entry));
            }
        }

        return isImage || DockerArchive.IsOne(table);
    }
}
