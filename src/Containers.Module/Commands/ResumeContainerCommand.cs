using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Runtime;

namespace Containers.Commands;

/// <summary>Lets suspended containers go on. [docker unpause]</summary>
/// <remarks>The counterpart of Suspend-Container. A container that is not suspended is an error.</remarks>
[Cmdlet(VerbsLifecycle.Resume, "Container", SupportsShouldProcess = true)]
[Alias("Unpause-Container")]
[OutputType(typeof(Container))]
public sealed class ResumeContainerCommand : ContainerChangeCommand
{
    private protected override string Action => "Resume";

    private protected override ContainerSnapshot Change(ContainerEngine engine, ContainerSnapshot container) => engine.Resume(container.Id, StopToken);
}
