using System.Management.Automation;
using Containers.Engine.Images;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Sends images to a registry. [docker push]</summary>
/// <remarks>
/// The image's name says where: HOST[:PORT]/PATH:TAG, docker.io where there is no host. Layers that the registry has are not sent again. The manifest goes
/// as it came, so that an image from a registry keeps its digest. The built-in image host runs only on this machine and is refused.
/// </remarks>
[Cmdlet(VerbsData.Publish, "ContainerImage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[Alias("Push-ContainerImage")]
[OutputType(typeof(ContainerPublication))]
public sealed class PublishContainerImageCommand : ImageSelectionCommand
{
    private int _sent;

    /// <summary>The name that the image gets in the registry: [HOST[:PORT]/]PATH[:TAG]. Without it, the name it has here.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        var images = FindImages(Name);
        if (Destination is not null && (_sent += images.Count) > 1)
        {
            Refuse("OneNameForSeveralImages", $"-Destination '{Destination}' cannot be the name of several images: send one at a time, or leave -Destination out.", Destination);
        }

        foreach (var image in images)
        {
            var name = image.Name ?? image.Id;
            var target = Destination ?? name;
            if (ShouldProcess(target == name ? name : $"{name} as {target}", "Publish"))
            {
                Attempt(EngineErrors.Image, name, () => Publish(engine, image, name));
            }
        }
    }

    private void Publish(Engine.ContainerEngine engine, ImageInfo image, string name)
    {
        if (Destination is null && image.Name is null)
        {
            Refuse("ImageWithoutName", $"The image '{name}' has no name that says where to send it: give one with -Destination HOST/PATH:TAG.", name);
        }

        var target = Destination ?? name;
        var digest = ImageTransfer.Publish(this, engine, name, target, StopToken);
        WriteObject(new ContainerPublication { Name = target, Digest = digest });
    }
}
