using System.Management.Automation;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Gets what the engine runs on and with. [docker info, docker version]</summary>
/// <remarks>
/// The kernel, the cgroup layout, the folders that hold images and containers, the configuration file in force, and the
/// numbers of containers and images.
/// </remarks>
[Cmdlet(VerbsCommon.Get, "ContainerEngine")]
[OutputType(typeof(ContainerEngineInfo))]
public sealed class GetContainerEngineCommand : ContainerCommand
{
    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var engine = OpenEngine();
        Attempt(EngineErrors.Engine, "engine", () => WriteObject(engine.GetInfo().ToEngineInfo()));
    }
}
