using System.Management.Automation;
using Containers.Commands;

namespace Containers.Module.Tests.Commands;

/// <summary>Writes what a cmdlet that makes a container would ask of the engine: the image, then each word of the command.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Creation", DefaultParameterSetName = "Image")]
public sealed class TestCreationCommand : ContainerCreationCommand
{
    [Parameter]
    public SwitchParameter Detach { get; set; }

    protected override void EndProcessing()
    {
        RefuseMisplacedOptions();
        var options = Options();
        WriteObject(options.Image ?? options.RootFileSystem);
        WriteObject(options.Command, enumerateCollection: true);
    }
}
