using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine.Images;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Gets images from their registries. [docker pull]</summary>
/// <remarks>
/// Every byte is verified against the digests that lead to it. Layers that are here are not fetched again, several others at once; a connection that
/// breaks is taken up where it was. Ctrl-C ends it at once and leaves nothing. Credentials are those of Connect-ContainerRegistry, or of Docker and its kin.
/// </remarks>
[Cmdlet(VerbsCommunications.Receive, "ContainerImage", SupportsShouldProcess = true)]
[Alias("Pull-ContainerImage")]
[OutputType(typeof(ContainerImage))]
public sealed class ReceiveContainerImageCommand : ContainerCommand
{
    /// <summary>
    /// The images: [HOST[:PORT]/]PATH[:TAG][@DIGEST]. Without a host docker.io, without tag and digest the tag latest is meant. An image here that has the
    /// name loses it. Beside a digest the tag counts for nothing: the image gets no name.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>The platform, as linux/arm64 or linux/arm/v7. Without it, this machine's.</summary>
    [Parameter]
    [PlatformArgument]
    [ArgumentCompleter(typeof(PlatformCompleter))]
    public string? Platform { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        foreach (var name in Name)
        {
            if (ShouldProcess(Platform is null ? name : $"{name} for {Platform}", "Receive"))
            {
                Attempt(failure => EngineErrors.TransferRecord(failure, name), () => WriteObject(
                    ImageTransfer.Receive(this, engine, name, Platform is null ? null : ImagePlatform.Parse(Platform), StopToken).ToContainerImage()));
            }
        }
    }
}
