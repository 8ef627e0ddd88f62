using System.Management.Automation;

namespace Containers.Commands;

/// <summary>Makes a container without starting it. [docker create]</summary>
/// <remarks>
/// The container gets its name, its configuration and its writable layer; Start-Container starts it. The command is written
/// after --, so that PowerShell does not take the program's options for its own.
/// </remarks>
[Cmdlet(VerbsCommon.New, "Container", DefaultParameterSetName = ImageSet, SupportsShouldProcess = true)]
[Alias("Create-Container")]
[OutputType(typeof(Container))]
public sealed class NewContainerCommand : ContainerCreationCommand
{
    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        RefuseMisplacedOptions();
        var options = Options();
        if (!ShouldProcess(NewContainerDescription, "Create"))
        {
            return;
        }

        var engine = OpenEngine();
        Attempt(CreationError, () => WriteObject(engine.Create(options, StopToken).ToContainer()));
    }
}
