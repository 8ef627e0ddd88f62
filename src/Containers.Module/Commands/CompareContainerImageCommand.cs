using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Tells which files two images, or two layers, do not have in common: added, changed, removed.</summary>
/// <remarks>
/// The files are compared as containers of the images see them, all layers put together, and come sorted by path while they are found. Of a changed one it is told what is
/// not the same: content, mode, owner, what a link says, extended attributes, device number, or its type. Contents are read and compared wherever their sizes agree; layers
/// that both images share are passed over. A layer stands for itself with all layers below it. The built-in image host cannot be compared.
/// </remarks>
[Cmdlet(VerbsData.Compare, "ContainerImage")]
[OutputType(typeof(ContainerImageDifference))]
public sealed class CompareContainerImageCommand : ContainerCommand
{
    /// <summary>The image that is compared with: a name with an optional tag, an id, the beginning of an id, or an object of Get-ContainerImage; or a layer: its id, or an object of Get-ContainerLayer.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("ReferenceObject")]
    [ImageArgument]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string ReferenceImage { get; set; } = "";

    /// <summary>The image whose differences are told, as -ReferenceImage is given. Several come by the pipeline.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [Alias("DifferenceObject")]
    [ImageArgument]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string DifferenceImage { get; set; } = "";

    /// <summary>Tells of files too of which only the time of the last change differs.</summary>
    [Parameter]
    public SwitchParameter IncludeTime { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        Attempt(EngineErrors.Image, DifferenceImage, () =>
        {
            foreach (var difference in engine.Images.Compare(ReferenceImage, DifferenceImage, IncludeTime, StopToken))
            {
                WriteObject(difference.ToDifference(ReferenceImage, DifferenceImage));
            }
        });
    }
}
