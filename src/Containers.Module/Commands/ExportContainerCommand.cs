using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Runtime;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Writes a container's root file system as a tar archive. [docker export]</summary>
/// <remarks>
/// All layers put together, with what the container has written; without what is mounted in it: volumes and folders in memory. Import-ContainerImage and docker import make an image of
/// it; the image's configuration is not in it. The file appears under its name once it is whole, and can be read by its owner alone. Without -Path the archive's bytes go down the pipeline,
/// in pieces; they are no text, so that &gt; would spoil them. A container of the built-in image host is refused.
/// </remarks>
[Cmdlet(VerbsData.Export, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(byte[]), typeof(FileInfo))]
public sealed class ExportContainerCommand : ContainerSelectionCommand
{
    private bool _isPathUsed;

    /// <summary>The file to write. Without it the archive's bytes are written to the pipeline.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Replaces a file that is there already.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the file that was made to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var container in FindContainers(Name))
        {
            if (_isPathUsed)
            {
                Refuse("OneArchiveForSeveralContainers", "An archive holds the files of one container: export one at a time.", container.Name);
            }

            _isPathUsed = true;
            var file = Path is null ? null : Resolve(Path);
            if (ShouldProcess(file is null ? container.Name : $"{container.Name} to '{file}'", "Export"))
            {
                Attempt(e => Record(e, container, file), () => Export(container, file));
            }
        }
    }

    private static ErrorRecord Record(EngineException failure, ContainerSnapshot container, string? file) => failure.Reason switch
    {
        EngineErrorReason.AlreadyExists => EngineErrors.Record(failure, EngineErrors.Container, file, "ArchiveExists"),
        EngineErrorReason.NotFound when failure.Subject == file => EngineErrors.Record(failure, EngineErrors.Container, file, "ArchiveFolderNotFound"),
        _ => EngineErrors.Record(failure, EngineErrors.Container, container.Name),
    };

    private void Export(ContainerSnapshot container, string? file)
    {
        var engine = OpenEngine();
        var display = new CopyDisplay(this, $"Exporting {container.Name}");
        if (file is null)
        {
            ByteOutput.Run(this, StopToken, (output, ending) => engine.Export(container.Id, output, display, ending), display.Show);
            display.Hide();
            return;
        }

        _ = display.Run(() =>
        {
            engine.Export(container.Id, file, Force, display, StopToken);
            return true;
        });
        if (PassThru)
        {
            WriteObject(new FileInfo(file));
        }
    }

    private string Resolve(string path)
    {
        var file = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
        if (!string.Equals(provider.Name, "FileSystem", StringComparison.OrdinalIgnoreCase))
        {
            Refuse("ArchiveNotAFile", $"'{path}' is no path of the file system.", path);
        }

        return file;
    }
}
