using System.Management.Automation;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Gets the steps by which images came to be, newest first. [docker history]</summary>
/// <remarks>What an image tells of itself; who made it may have left things out.</remarks>
[Cmdlet(VerbsCommon.Get, "ContainerImageHistory")]
[OutputType(typeof(ContainerImageHistory))]
public sealed class GetContainerImageHistoryCommand : ImageSelectionCommand
{
    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        foreach (var image in FindImages(Name))
        {
            var name = image.Name ?? image.Id;
            Attempt(EngineErrors.Image, name, () => WriteObject(engine.Images.GetHistory(name).Select(entry => entry.ToHistory(name)), enumerateCollection: true));
        }
    }
}
