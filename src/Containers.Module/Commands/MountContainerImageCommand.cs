using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Mounts images on this machine, read-only, for looking.</summary>
/// <remarks>
/// Set-user-id bits and device nodes have no effect in the mount. An image's files are hostile until shown otherwise: a symbolic link in it leads to
/// this machine's own files. The mount stays until Dismount-ContainerImage or a reboot; the image cannot be removed meanwhile.
/// </remarks>
[Cmdlet(VerbsData.Mount, "ContainerImage", SupportsShouldProcess = true)]
[OutputType(typeof(ContainerImageMount))]
public sealed class MountContainerImageCommand : ContainerCommand
{
    /// <summary>The images: names with an optional tag, ids, beginnings of ids, or objects of Get-ContainerImage.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id")]
    [ImageNameArgument]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        foreach (var name in Name)
        {
            if (ShouldProcess(name, "Mount"))
            {
                Attempt(EngineErrors.Image, name, () => WriteObject(engine.MountImage(name).ToMount()));
            }
        }
    }
}
