using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Runtime;

namespace Containers.Commands;

/// <summary>Keeps all processes of running containers from running, until Resume-Container. [docker pause]</summary>
/// <remarks>
/// The kernel's cgroup freezer does it: the processes do not notice, keep their memory, and get no time. A suspended container is in the state Paused. It can be
/// stopped and removed with -Force; no command can be run in it.
/// </remarks>
[Cmdlet(VerbsLifecycle.Suspend, "Container", SupportsShouldProcess = true)]
[Alias("Pause-Container")]
[OutputType(typeof(Container))]
public sealed class SuspendContainerCommand : ContainerChangeCommand
{
    private protected override string Action => "Suspend";

    private protected override ContainerSnapshot Change(ContainerEngine engine, ContainerSnapshot container) => engine.Suspend(container.Id, StopToken);
}
