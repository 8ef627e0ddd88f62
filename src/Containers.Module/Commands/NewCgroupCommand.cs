using System.Management.Automation;
using Containers.Completion;
using Containers.Engine.Cgroups;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Makes a cgroup. [cgcreate]</summary>
/// <remarks>
/// It is made in all hierarchies of this machine, or in those that have the controllers that are asked for, with the cgroups above it that are missing. On v2 controllers are
/// handed down from the root (cgroup.subtree_control), which no cgroup can do that has processes itself. It lasts until Remove-Cgroup, or until the machine is started anew.
/// </remarks>
[Cmdlet(VerbsCommon.New, "Cgroup", SupportsShouldProcess = true)]
[OutputType(typeof(Cgroup))]
public sealed class NewCgroupCommand : ContainerCommand
{
    /// <summary>Paths from the root of the hierarchies.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>The controllers that must work in it, as memory, cpu, pids; without it, all that can be had.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(CgroupControllerCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Controller { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var path in Path.Where(path => ShouldProcess(path, "Make the cgroup")))
        {
            Attempt(EngineErrors.Cgroup, path, () => WriteObject(new CgroupControl().Make(path, Controller).ToCgroup()));
        }
    }
}
