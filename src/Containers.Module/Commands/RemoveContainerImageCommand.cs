using System.Management.Automation;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Removes images, with every layer that nothing else needs. [docker rmi]</summary>
/// <remarks>
/// An image that a container uses is refused without -Force, which takes only the name away. So is an image of several names that is called by its id:
/// by a name only that name goes, and the image with the last one.
/// </remarks>
[Cmdlet(VerbsCommon.Remove, "ContainerImage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(ContainerImage))]
public sealed class RemoveContainerImageCommand : ImageSelectionCommand
{
    /// <summary>Takes the name away from an image that a container uses, whose layers stay as long as the container does, and every name from one that is called by its id.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the removed images to the pipeline, as they were before.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        foreach (var (name, image) in FindAskedImages(Name))
        {
            if (!ShouldProcess(name, "Remove"))
            {
                continue;
            }

            Attempt(EngineErrors.Image, name, () =>
            {
                engine.Images.Remove(name, Force);
                if (PassThru)
                {
                    WriteObject(image.ToContainerImage());
                }
            });
        }
    }
}
