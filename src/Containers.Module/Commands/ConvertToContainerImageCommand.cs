using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Makes an image of a container: its image, and what the container has written as a layer more. [docker commit]</summary>
/// <remarks>
/// The image's configuration is that of the image that the container was made of, with what the parameters say; the container's own command and variables are
/// not taken over. A running container stands still while its files are read. What is mounted in it (volumes, in-memory folders) is not in the image. A container of the
/// built-in image host, or of a folder, has no layers below it and is refused: New-ContainerImage makes an image of a folder.
/// </remarks>
[Cmdlet(VerbsData.ConvertTo, "ContainerImage", SupportsShouldProcess = true)]
[Alias("Commit-Container")]
[OutputType(typeof(ContainerImage))]
public sealed class ConvertToContainerImageCommand : ImageMakingCommand
{
    private bool _isNameUsed;

    /// <summary>The container: a name, an id, the beginning of an id, or an object of Get-Container. Without -Name there may be several, or a wildcard.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id")]
    [SupportsWildcards]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Container { get; set; } = [];

    /// <summary>The new image's name; a tag may follow a colon, else it is latest. An image that has it loses it. Without it, the image is known by its id.</summary>
    [Parameter(Position = 1)]
    [Alias("ImageName")]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Lets a running container run on while its files are read: what it writes meanwhile may be in the image in part.</summary>
    [Parameter]
    public SwitchParameter NoPause { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        var changes = Changes();
        foreach (var container in FindContainers(Container))
        {
            if (Name is not null && _isNameUsed)
            {
                Refuse("OneNameForSeveralImages", $"-Name '{Name}' cannot be the name of several images: give one container, or leave -Name out.", Name);
            }

            _isNameUsed = true;
            if (ShouldProcess(Name is null ? container.Name : $"{container.Name} as '{Name}'", "Make an image"))
            {
                Attempt(EngineErrors.Container, container.Name, () => Make(
                    $"Making an image of {container.Name}",
                    progress => engine.Commit(container.Id, Name, changes, pause: !NoPause, progress, StopToken)));
            }
        }
    }
}
