using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine;
using Containers.Engine.Runtime;

namespace Containers.Commands;

/// <summary>Stops containers, where they run, and starts them anew. [docker restart]</summary>
/// <remarks>
/// Stops as Stop-Container does: with the container's stop signal, and SIGKILL after -Timeout. The writable layer and the log stay. A container that is removed at its
/// end (-Rm) is refused while it runs.
/// </remarks>
[Cmdlet(VerbsLifecycle.Restart, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class RestartContainerCommand : ContainerChangeCommand
{
    /// <summary>The signal that asks for the end, by name or number. Without it the container's own, usually TERM.</summary>
    [Parameter]
    [SignalArgument]
    [ArgumentCompleter(typeof(SignalCompleter))]
    public Signal? Signal { get; set; }

    /// <summary>How long the end may take before the container is killed: '30s', a number of seconds, or a TimeSpan. Without it the configuration's stopTimeout.</summary>
    [Parameter]
    [DurationArgument]
    public TimeSpan? Timeout { get; set; }

    private protected override string Action => "Restart";

    private protected override ContainerSnapshot Change(ContainerEngine engine, ContainerSnapshot container) =>
        engine.Restart(container.Id, Signal?.Number, Timeout, StopToken);
}
