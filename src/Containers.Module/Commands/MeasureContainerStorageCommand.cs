using System.Management.Automation;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Measures what containers, images and leftovers take on disk. [docker system df]</summary>
/// <remarks>
/// Sizes of containers are bytes on disk; those of images are the bytes of their files' content and of their blobs, things that several images share
/// counted once.
/// </remarks>
[Cmdlet(VerbsDiagnostic.Measure, "ContainerStorage")]
[OutputType(typeof(ContainerStorageUsage))]
public sealed class MeasureContainerStorageCommand : ContainerCommand
{
    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var engine = OpenEngine();
        Attempt(EngineErrors.Engine, "storage", () => WriteObject(engine.MeasureStorage(StopToken).Select(static usage => usage.ToUsage()), enumerateCollection: true));
    }
}
