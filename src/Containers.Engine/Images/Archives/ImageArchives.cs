using Containers.Engine.Events;
using Containers.Engine.Layers;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Images.Archives;

/// <summary>Brings images into the store from archives and folders, and out of it. Thread-safe.</summary>
/// <param name="store">The store.</param>
public sealed class ImageArchives(ImageStore store)
{
    /// <summary>
    /// Imports every image of an archive, all or nothing: a docker archive, an OCI layout, or the archive of a root file system; plain, or compressed with
    /// gzip or zstd.
    /// </summary>
    /// <param name="archive">The archive; a file is read at several places at once, a pipe once to its end. Stays the caller's.</param>
    /// <param name="options">What is asked.</param>
    /// <param name="progress">Told now and then, on several threads; or null.</param>
    /// <param name="cancellation">Undoes what was done.</param>
    /// <returns>The images, one for each name that they got.</returns>
    /// <exception cref="EngineException">InvalidData, LimitExceeded, NotSupported, InvalidArgument, NotFound (the platform), Storage, Canceled. Nothing is left.</exception>
    public IReadOnlyList<ImageInfo> Import(Stream archive, ImageImportOptions options, IProgress<LayerProgress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(archive);
        ArgumentNullException.ThrowIfNull(options);
        return Guard("Importing the image archive", options.Name ?? options.DefaultName ?? ImageArchiveError.Subject, () =>
        {
            using ArchiveScan scan = ArchiveScan.Run(archive, store.MakeSpool, store.Limits, progress, cancellation);
            return scan.Files is { } files ? TakeIn(files, options, progress, cancellation) : ImportRootFileSystem(scan.Again(), options, progress, cancellation);
        });
    }

    /// <summary>Imports every image of a folder that is laid out as an archive is: an OCI layout, or a docker archive that was unpacked.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="options">What is asked.</param>
    /// <param name="progress">Told now and then, on several threads; or null.</param>
    /// <param name="cancellation">Undoes what was done.</param>
    /// <returns>The images, one for each name that they got.</returns>
    /// <exception cref="EngineException">As <see cref="Import"/>; InvalidArgument where the folder is not laid out so.</exception>
    public IReadOnlyList<ImageInfo> ImportFolder(string path, ImageImportOptions options, IProgress<LayerProgress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(options);
        return Guard("Importing the image layout", path, () =>
        {
            using var files = new LayoutFolder(Interop.Files.Open(Interop.Files.CurrentFolder, path, LibC.O_RDONLY | LibC.O_DIRECTORY));
            return ImageArchiveReader.IsArchive(files) ? TakeIn(files, options, progress, cancellation) : throw new EngineException(
                EngineErrorReason.InvalidArgument, path, $"The folder '{path}' is no image layout: it has neither {OciLayout.IndexName} with {OciLayout.MarkerName} nor {DockerArchive.ManifestName}.");
        });
    }

    /// <summary>Exports images to a stream, as a tar archive.</summary>
    /// <param name="names">Names or beginnings of ids. An image that is asked for by its id is exported without a name.</param>
    /// <param name="format">Docker or Oci.</param>
    /// <param name="output">Where to; need not seek. Stays the caller's.</param>
    /// <param name="progress">Told now and then; or null.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="EngineException">NotFound, Ambiguous, NotSupported for the built-in image, Storage, Canceled.</exception>
    public void Export(IReadOnlyList<string> names, ImageArchiveFormat format, Stream output, IProgress<ExportProgress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(output);
        if (format == ImageArchiveFormat.OciFolder)
        {
            throw new EngineException(EngineErrorReason.InvalidArgument, nameof(ImageArchiveFormat.OciFolder), "A folder needs a path to be written to.");
        }

        Guard("Exporting the images", string.Join(' ', names), () => store.Tell(EventAction.Save, Write(names, format, new TarOutput(output), progress, cancellation)));
    }

    /// <summary>Exports images to a file, or to a folder, which gets its name once it is whole.</summary>
    /// <param name="names">Names or beginnings of ids. An image that is asked for by its id is exported without a name.</param>
    /// <param name="format">What to write.</param>
    /// <param name="path">Where to.</param>
    /// <param name="force">Whether a file, an image layout or an empty folder of that name is replaced.</param>
    /// <param name="progress">Told now and then; or null.</param>
    /// <param name="cancellation">Undoes what was done.</param>
    /// <exception cref="EngineException">As the other; AlreadyExists, NotFound (the folder it is to be in). Nothing is left.</exception>
    public void Export(
        IReadOnlyList<string> names, ImageArchiveFormat format, string path, bool force, IProgress<ExportProgress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(path);
        Guard($"Exporting the images to '{path}'", path, () =>
        {
            IReadOnlyList<ImageInfo> written;
            if (format == ImageArchiveFormat.OciFolder)
            {
                using var folder = new OutputFolder(path, force);
                written = Write(names, format, new FolderOutput(folder.Descriptor), progress, cancellation);
                folder.Commit();
            }
            else
            {
                using var file = new OutputFile(path, force);
                written = Write(names, format, new TarOutput(file.Stream), progress, cancellation);
                file.Commit();
            }

            return store.Tell(EventAction.Save, written);
        });
    }

    private IReadOnlyList<ImageInfo> Write(IReadOnlyList<string> names, ImageArchiveFormat format, ArchiveOutput output, IProgress<ExportProgress>? progress, CancellationToken cancellation)
    {
        bool isDocker = format == ImageArchiveFormat.Docker;
        using ExportPlan plan = ExportPlan.Make(store, names, isDocker, cancellation);
        new ImageArchiveWriter(plan, progress, cancellation).Write(output, isDocker);
        return plan.Infos;
    }

    private static T Guard<T>(string attempt, string subject, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (OperationCanceledException canceled)
        {
            throw new EngineException(EngineErrorReason.Canceled, subject, $"{attempt} was cancelled; nothing of it is left.", canceled);
        }
        catch (KernelException failure)
        {
            throw new EngineException(
                failure.Errno is Errno.EACCES or Errno.EPERM ? EngineErrorReason.PermissionDenied : EngineErrorReason.Storage, subject, $"{attempt} failed: {failure.Message}.", failure);
        }
        catch (IOException failure)
        {
            throw new EngineException(EngineErrorReason.Storage, subject, $"{attempt} failed: {failure.Message.TrimEnd('.')}.", failure);
        }
    }

    private IReadOnlyList<ImageInfo> TakeIn(ArchiveFiles files, ImageImportOptions options, IProgress<LayerProgress>? progress, CancellationToken cancellation)
    {
        if (options.Configuration is not null)
        {
            throw new EngineException(
                EngineErrorReason.InvalidArgument, options.Name ?? options.DefaultName ?? ImageArchiveError.Subject, "The archive holds images, which say themselves what runs in them. An entry point, command, variables and the like can be given only to the archive of a root file system.");
        }

        return store.Tell(EventAction.Load, store.TakeIn(ImageArchiveReader.Read(files, options), progress, cancellation));
    }

    private IReadOnlyList<ImageInfo> ImportRootFileSystem(Stream archive, ImageImportOptions options, IProgress<LayerProgress>? progress, CancellationToken cancellation)
    {
        if (options.Platform is not null)
        {
            throw new EngineException(
                EngineErrorReason.InvalidArgument, options.Platform.ToString(), "The archive is that of a root file system, which is for the machine it was made for: there is no platform to choose.");
        }

        string name = options.Name ?? options.DefaultName ?? throw new EngineException(
            EngineErrorReason.InvalidArgument, ImageArchiveError.Subject, "The archive is that of a root file system, which has no name of its own. Give the image one: -Name NAME.");
        ImageChanges changes = options.Configuration ?? new ImageChanges();
        var making = new ImageMakingOptions { Changes = changes with { Comment = changes.Comment ?? "a root file system's archive" }, CreatedBy = "Import-ContainerImage" };
        return [store.Make(archive, name, making, progress, cancellation)];
    }
}
