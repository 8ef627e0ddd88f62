using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Takes overlays away. Their folders, with what was written, stay as they are. [umount]</summary>
/// <remarks>
/// An overlay that is in use is refused, with who uses it. Only overlays are taken away, whatever else is mounted; an image that Mount-ContainerImage mounted is
/// Dismount-ContainerImage's.
/// </remarks>
[Cmdlet(VerbsData.Dismount, "Overlay", SupportsShouldProcess = true)]
[OutputType(typeof(Overlay))]
public sealed class DismountOverlayCommand : OverlayCommand
{
    /// <summary>The overlays: paths that they are mounted on, wildcards, or objects of Mount-Overlay and Get-Overlay. * is all but mounted images.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [FolderArgument(isPattern: true)]
    [ArgumentCompleter(typeof(OverlayCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Of an object of Get-Overlay: the container that the overlay is in, which is then refused.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    public string? Container { get; set; }

    /// <summary>Takes an overlay that is in use out of the tree at once; it ends with its last user.</summary>
    [Parameter]
    public SwitchParameter Lazy { get; set; }

    /// <summary>Writes what was mounted to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (!string.IsNullOrEmpty(Container))
        {
            WriteError(EngineErrors.Usage(
                "OverlayOfContainer", $"This overlay belongs to the container '{Container}' and goes when that ends: Stop-Container {Container}", Container, ErrorCategory.ResourceBusy));
            return;
        }

        var engine = OpenEngine();
        foreach (var path in Path)
        {
            // The last one mounted first: it may lie in another.
            foreach (var overlay in FindOverlays(engine, path).Reverse())
            {
                if ((overlay.ImageMountId is not null && WildcardPattern.ContainsWildcardCharacters(path)) || !ShouldProcess(overlay.Path, "Dismount the overlay"))
                {
                    continue;
                }

                Attempt(EngineErrors.Overlay, path, () =>
                {
                    engine.DismountOverlay(overlay, Lazy);
                    if (PassThru)
                    {
                        WriteObject(new Overlay(overlay));
                    }
                });
            }
        }
    }
}
