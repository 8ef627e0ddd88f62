using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine;
using Containers.Engine.Runtime;

namespace Containers.Commands;

/// <summary>Changes the limits and the restart policy of containers, whether they run or not. [docker update]</summary>
/// <remarks>
/// Of a running container the kernel takes the new limits at once: all of them or, where one is refused, none. They hold for later starts too. Less memory than the
/// container holds at the moment is refused.
/// </remarks>
[Cmdlet(VerbsCommon.Set, "Container", SupportsShouldProcess = true)]
[Alias("Update-Container")]
[OutputType(typeof(Container))]
public sealed class SetContainerCommand : ContainerChangeCommand
{
    /// <summary>The memory that the container may use, at least 6 MiB: 512MB or '512m'.</summary>
    [Parameter]
    [Alias("m")]
    [ByteSizeArgument]
    public ByteSize? Memory { get; set; }

    /// <summary>The processor time that the container may use, as a number of processors: 0.5 is half of one.</summary>
    [Parameter]
    [CpusArgument]
    public decimal? Cpus { get; set; }

    /// <summary>The number of processes and threads that the container may have; those that it has beyond it stay.</summary>
    [Parameter]
    [ValidateRange(1L, long.MaxValue)]
    public long? PidsLimit { get; set; }

    /// <summary>Limits that are taken away, by the names of their parameters: Memory, Cpus, PidsLimit.</summary>
    [Parameter]
    [ValidateSet(nameof(Memory), nameof(Cpus), nameof(PidsLimit))]
    public string[] Reset { get; set; } = [];

    /// <summary>When the container is started again after its end, from the next end on: no; on-failure, or on-failure:3 for three times at most; always; unless-stopped. Not with -Rm.</summary>
    [Parameter]
    [RestartArgument]
    [ArgumentCompleter(typeof(RestartCompleter))]
    public ContainerRestartPolicy? Restart { get; set; }

    private protected override string Action => "Change";

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Memory is null && Cpus is null && PidsLimit is null && Restart is null && Reset.Length == 0)
        {
            Refuse("NothingToChange", "Nothing is to be changed. Give a limit: -Memory, -Cpus or -PidsLimit, one to take away: -Reset Memory, or a restart policy: -Restart always.", target: null);
        }

        RefuseContradiction(nameof(Memory), Memory is not null);
        RefuseContradiction(nameof(Cpus), Cpus is not null);
        RefuseContradiction(nameof(PidsLimit), PidsLimit is not null);
    }

    private void RefuseContradiction(string name, bool isGiven)
    {
        if (isGiven && IsReset(name))
        {
            Refuse("LimitSetAndReset", $"-{name} sets a limit that -Reset {name} takes away: give one of them.", target: null);
        }
    }

    private protected override ContainerSnapshot Change(ContainerEngine engine, ContainerSnapshot container) => engine.Update(
        container.Id,
        new ContainerChanges
        {
            Limits = new ResourceLimits { Memory = Memory?.Bytes, Cpus = Cpus, PidsLimit = PidsLimit },
            RestartPolicy = Restart?.ToRestartPolicy(),
            LiftMemory = IsReset(nameof(Memory)),
            LiftCpus = IsReset(nameof(Cpus)),
            LiftPidsLimit = IsReset(nameof(PidsLimit)),
        },
        StopToken);

    private bool IsReset(string name) => Reset.Contains(name, StringComparer.OrdinalIgnoreCase);
}
