using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine;
using Containers.Engine.Runtime;

namespace Containers.Commands;

/// <summary>Sends a signal to the first process of running containers. [docker kill]</summary>
/// <remarks>
/// Without -Signal it is KILL, which ends the container at once. The kernel passes over a signal that the first process neither handles nor could not handle (KILL, STOP):
/// a shell script without a trap does not end by TERM. The parameter -Init of New-Container helps there.
/// </remarks>
[Cmdlet(VerbsCommunications.Send, "ContainerSignal", SupportsShouldProcess = true)]
[Alias("Kill-Container")]
[OutputType(typeof(Container))]
public sealed class SendContainerSignalCommand : ContainerChangeCommand
{
    /// <summary>The signal, by name or number: HUP, SIGUSR1, RTMIN+3, 9. KILL without it.</summary>
    [Parameter(Position = 1)]
    [SignalArgument]
    [ArgumentCompleter(typeof(SignalCompleter))]
    public Signal Signal { get; set; } = Signal.Parse("KILL");

    private protected override string Action => $"Send {Signal.Name}";

    private protected override ContainerSnapshot Change(ContainerEngine engine, ContainerSnapshot container)
    {
        engine.Signal(container.Id, Signal.Number);
        return engine.Get(container.Id);
    }
}
