using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine.Images;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Takes away what Mount-ContainerImage mounted.</summary>
/// <remarks>Programs that still work in the mount keep what they have open.</remarks>
[Cmdlet(VerbsData.Dismount, "ContainerImage", SupportsShouldProcess = true)]
[OutputType(typeof(ContainerImageMount))]
public sealed class DismountContainerImageCommand : ContainerCommand
{
    /// <summary>The mounts: objects of Mount-ContainerImage, their ids or paths, or names and ids of images, all of whose mounts are meant. * is every mount.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id", "Path")]
    [SupportsWildcards]
    [MountArgument]
    [ArgumentCompleter(typeof(ImageMountCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>Writes what was mounted to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        foreach (var name in Name)
        {
            var pattern = new WildcardPattern(name, WildcardOptions.CultureInvariant);
            var found = engine.ListImageMounts().Where(mount => Matches(mount, name, pattern)).ToList();
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                WriteError(EngineErrors.Usage("ContainerImageNotMounted", $"No image is mounted as '{name}'.", name, ErrorCategory.ObjectNotFound));
            }

            foreach (var mount in found.Where(mount => ShouldProcess($"{mount.ImageName} at {mount.Path}", "Dismount")))
            {
                Attempt(EngineErrors.Image, name, () =>
                {
                    engine.DismountImage(mount.Id);
                    if (PassThru)
                    {
                        WriteObject(mount.ToMount());
                    }
                });
            }
        }
    }

    private static bool Matches(ImageMount mount, string name, WildcardPattern pattern) =>
        mount.Id == name || mount.Path == name.TrimEnd('/') || mount.ImageId == name || mount.ImageName == name || mount.ImageName == $"{name}:latest"
        || pattern.IsMatch(mount.ImageName);
}
