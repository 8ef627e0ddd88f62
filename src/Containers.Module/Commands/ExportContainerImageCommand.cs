using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Images.Archives;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Writes images to one archive, for Import-ContainerImage, docker load and other tools. [docker save]</summary>
/// <remarks>
/// An image that is named keeps its name in the archive; one given by its id has none there. The same images make the same
/// bytes. A file or folder appears under its name once it is whole, and can be read by its owner alone. Without -Path the
/// archive's bytes go down the pipeline, in pieces; they are no text, so that &gt; would spoil them.
/// </remarks>
[Cmdlet(VerbsData.Export, "ContainerImage", SupportsShouldProcess = true)]
[Alias("Save-ContainerImage")]
[OutputType(typeof(byte[]), typeof(FileSystemInfo))]
public sealed class ExportContainerImageCommand : ImageSelectionCommand
{
    private readonly List<string> _names = [];
    private readonly ProgressRecord _record = new(1, "Exporting", "Reading the images");
    private long _bytes;
    private long _total;

    /// <summary>The file, or with -Format OciFolder the folder, to write. Without it the archive's bytes are written to the pipeline.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>
    /// Docker, which every tool reads: an OCI layout with Docker's own index beside it, zstd layers decompressed. Oci: an OCI layout as an archive, every layer as it is. OciFolder: the
    /// same as a folder.
    /// </summary>
    [Parameter]
    public ContainerImageFormat Format { get; set; } = ContainerImageFormat.Docker;

    /// <summary>Replaces a file that is there already; with -Format OciFolder an OCI layout or an empty folder, nothing else.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the file or folder that was made to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Path is null && Format == ContainerImageFormat.OciFolder)
        {
            Refuse("FolderNeedsPath", "-Format OciFolder writes a folder: give its -Path.", Format);
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var isPattern = Array.Exists(Name, WildcardPattern.ContainsWildcardCharacters);
        foreach (var image in FindImages(Name).Where(image => !image.IsBuiltIn || !isPattern))
        {
            // Only what was asked for by its name keeps it.
            var isNamed = image.Name is { } name && Name.Any(asked => IsName(asked, name));
            var chosen = isNamed ? image.Name! : image.Id;
            if (!_names.Contains(chosen, StringComparer.Ordinal))
            {
                _names.Add(chosen);
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_names.Count == 0)
        {
            return;
        }

        var images = string.Join(", ", _names);
        if (Path is null)
        {
            if (ShouldProcess(images, "Export"))
            {
                Attempt(EngineErrors.Image, images, ToPipeline);
            }

            return;
        }

        var file = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path, out var provider, out _);
        if (!string.Equals(provider.Name, "FileSystem", StringComparison.OrdinalIgnoreCase))
        {
            Refuse("ArchiveNotAFile", $"'{Path}' is no path of the file system.", Path);
        }

        if (ShouldProcess($"{images} to '{file}'", "Export"))
        {
            Attempt(e => Record(e, file), () => ToFile(file));
        }
    }

    private static bool IsName(string asked, string name) =>
        WildcardPattern.ContainsWildcardCharacters(asked) || asked.Contains('/', StringComparison.Ordinal) || name == asked || name.StartsWith(asked + ":", StringComparison.Ordinal);

    private static ErrorRecord Record(EngineException failure, string file) => failure.Reason switch
    {
        EngineErrorReason.AlreadyExists => EngineErrors.Record(failure, EngineErrors.Image, file, "ArchiveExists"),
        EngineErrorReason.NotFound when failure.Subject == file => EngineErrors.Record(failure, EngineErrors.Image, file, "ArchiveFolderNotFound"),
        _ => EngineErrors.Record(failure, EngineErrors.Image, file),
    };

    private void ToFile(string file)
    {
        var archives = new ImageArchives(OpenEngine().Images);
        var work = new EngineWork<bool>(() =>
        {
            archives.Export(_names, (ImageArchiveFormat)Format, file, Force, new Tally(this), StopToken);
            return true;
        });
        work.Wait(Show);
        Hide();
        if (work.Result() && PassThru)
        {
            WriteObject(Format == ContainerImageFormat.OciFolder ? new DirectoryInfo(file) : new FileInfo(file));
        }
    }

    private void ToPipeline()
    {
        var archives = new ImageArchives(OpenEngine().Images);
        ByteOutput.Run(this, StopToken, (output, ending) => archives.Export(_names, (ImageArchiveFormat)Format, output, new Tally(this), ending), Show);
        Hide();
    }

    private void Show()
    {
        var (bytes, total) = (Volatile.Read(ref _bytes), Volatile.Read(ref _total));
        _record.StatusDescription = total > 0 ? $"{new ByteSize(bytes)} of {new ByteSize(total)}" : "Reading the images";
        _record.PercentComplete = total > 0 ? (int)Math.Min(100, bytes * 100.0 / total) : -1;
        WriteProgress(_record);
    }

    private void Hide()
    {
        _record.RecordType = ProgressRecordType.Completed;
        WriteProgress(_record);
    }

    private sealed class Tally(ExportContainerImageCommand owner) : IProgress<ExportProgress>
    {
        public void Report(ExportProgress value)
        {
            Volatile.Write(ref owner._bytes, value.Bytes);
            Volatile.Write(ref owner._total, value.Total);
        }
    }
}
