using System.Management.Automation;
using Containers.Engine.Images;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Sends images to a registry. [docker push]</summary>
/// <remarks>
/// The image's name says where: HOST[:PORT]/PATH:TAG, docker.io where there is no host. One called by its id needs a single name for that, one called by
/// PATH@DIGEST a single name in that repository; else -Destination says it. Layers that the registry has are not sent again. The manifest goes as it came: an
/// image that its registry has for one platform keeps its digest, and one of several platforms gets that of its own platform's manifest. The built-in image
/// host runs only on this machine and is refused.
/// </remarks>
[Cmdlet(VerbsData.Publish, "ContainerImage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[Alias("Push-ContainerImage")]
[OutputType(typeof(ContainerPublication))]
public sealed class PublishContainerImageCommand : ImageSelectionCommand
{
    private readonly List<(string Asked, ImageInfo Image)> _renamed = [];

    /// <summary>The name that the image gets in the registry: [HOST[:PORT]/]PATH[:TAG]. Without it, the name it has here.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var images = FindAskedImages(Name);
        if (Destination is null)
        {
            Publish(images);
            return;
        }

        // Sent when it is known that it is the only one.
        _renamed.AddRange(images);
        if (_renamed.Count > 1)
        {
            Refuse("OneNameForSeveralImages", $"-Destination '{Destination}' cannot be the name of several images: send one at a time, or leave -Destination out.", Destination);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => Publish(_renamed);

    private void Publish(IReadOnlyList<(string Asked, ImageInfo Image)> images)
    {
        var engine = OpenEngine();
        foreach (var (asked, image) in images)
        {
            Attempt(failure => EngineErrors.TransferRecord(failure, asked), () =>
            {
                var target = Destination ?? engine.Images.NameToSend(asked);
                if (ShouldProcess(target == image.Name ? target : $"{asked} as {target}", "Publish"))
                {
                    WriteObject(new ContainerPublication { Name = target, Digest = ImageTransfer.Publish(this, engine, asked, target, StopToken) });
                }
            });
        }
    }
}
