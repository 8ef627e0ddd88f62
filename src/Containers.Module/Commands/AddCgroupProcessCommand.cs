using System.Management.Automation;
using Containers.Arguments;
using Containers.Engine.Cgroups;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Moves processes into a cgroup. [cgclassify]</summary>
/// <remarks>With all their threads, in every hierarchy that has the cgroup. What they start from then on is in it too.</remarks>
[Cmdlet(VerbsCommon.Add, "CgroupProcess", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class AddCgroupProcessCommand : ContainerCommand
{
    /// <summary>The cgroup: a path, or an object of Get-Cgroup.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [CgroupPathArgument]
    [ValidateNotNullOrEmpty]
    [ValidateCount(1, 1)]
    public string[] Path { get; set; } = [];

    /// <summary>The processes' numbers, or objects of Get-Process.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id", "Pid")]
    [ValidateRange(1, int.MaxValue)]
    public int[] ProcessId { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var pid in ProcessId.Where(pid => ShouldProcess(Path[0], $"Move the process {pid} into the cgroup")))
        {
            Attempt(EngineErrors.Cgroup, Path[0], () =>
            {
                var control = new CgroupControl();
                control.Add(control.Lookup.Get(Path[0]), pid);
            });
        }
    }
}
