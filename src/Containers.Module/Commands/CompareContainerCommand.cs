using System.Management.Automation;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Tells which files a container has added, changed and removed, as against its image. [docker diff]</summary>
/// <remarks>
/// The objects are those of Compare-ContainerImage, with the image as the reference and the container as the difference. Only folders are read that the container has written to. A container
/// may run meanwhile, and may be one of the built-in image host. What is mounted in it (volumes, folders in memory) is not compared; a container whose root file system is a folder has no image and
/// is refused.
/// </remarks>
[Cmdlet(VerbsData.Compare, "Container")]
[Alias("Diff-Container")]
[OutputType(typeof(ContainerImageDifference))]
public sealed class CompareContainerCommand : ContainerSelectionCommand
{
    /// <summary>Tells of files too of which only the time of the last change differs, as of a folder that something was written to.</summary>
    [Parameter]
    public SwitchParameter IncludeTime { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        foreach (var container in FindContainers(Name))
        {
            Attempt(EngineErrors.Container, container.Name, () =>
            {
                foreach (var difference in engine.Compare(container.Id, IncludeTime, StopToken))
                {
                    WriteObject(difference.ToDifference(container.Options.Image ?? "", container.Name));
                }
            });
        }
    }
}
