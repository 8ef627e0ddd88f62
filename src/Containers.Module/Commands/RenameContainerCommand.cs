using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Gives a container another name. [docker rename]</summary>
/// <remarks>Running containers can be renamed too. Their id and their host name stay.</remarks>
[Cmdlet(VerbsCommon.Rename, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class RenameContainerCommand : ContainerCommand
{
    /// <summary>The container: a name, an id, the beginning of an id, or an object of Get-Container.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id")]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    [ValidateNotNullOrEmpty]
    [ValidateCount(1, 1)]
    public string[] Name { get; set; } = [];

    /// <summary>The new name: 1 to 128 letters, digits, and the characters _ . -, the first a letter or digit. No other container may have it.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string NewName { get; set; } = "";

    /// <summary>Writes the container to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(EngineErrors.Container, Name[0], () =>
    {
        var engine = OpenEngine();
        var container = engine.Get(Name[0]);
        if (!ShouldProcess(container.Name, $"Rename to '{NewName}'"))
        {
            return;
        }

        var renamed = engine.Rename(container.Id, NewName, StopToken);
        if (PassThru)
        {
            WriteObject(renamed.ToContainer());
        }
    });
}
