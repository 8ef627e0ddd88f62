using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine.Cgroups;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Gets cgroups of this machine, whether containers' or not.</summary>
/// <remarks>
/// One path is one object, with its folders in all the hierarchies (v1, v2, or both) that have it. Nothing is changed. A process can be in several cgroups, since v1
/// hierarchies can differ; then there is one object for each, with the hierarchies in which it is there.
/// </remarks>
[Cmdlet(VerbsCommon.Get, "Cgroup", DefaultParameterSetName = "Path")]
[OutputType(typeof(Cgroup))]
public sealed class GetCgroupCommand : ContainerCommand
{
    /// <summary>Paths from the root of the hierarchies (/system.slice), or absolute paths below a mount point. Without it, the root.</summary>
    [Parameter(Position = 0, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = ["/"];

    /// <summary>Gets the cgroups that these processes are in.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "ProcessId")]
    [ValidateRange(1, int.MaxValue)]
    public int[] ProcessId { get; set; } = [];

    /// <summary>Gets the cgroups of these containers: names, ids, or objects of Get-Container.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Container")]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Container { get; set; } = [];

    /// <summary>Gets all cgroups below too, parents before their children.</summary>
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == "ProcessId")
        {
            foreach (var pid in ProcessId)
            {
                Attempt(EngineErrors.Cgroup, pid, () => Write(CgroupLookup.Detect(), lookup => lookup.OfProcess(pid)));
            }

            return;
        }

        foreach (var name in Container)
        {
            Attempt(EngineErrors.Cgroup, name, () => Write(CgroupLookup.Detect(), lookup => [lookup.Get(OpenEngine().CgroupPathOf(OpenEngine().FindId(name)))]));
        }

        foreach (var path in ParameterSetName == "Path" ? Path : [])
        {
            Attempt(EngineErrors.Cgroup, path, () => Write(CgroupLookup.Detect(), lookup => [lookup.Get(path)]));
        }
    }

    private void Write(CgroupLookup lookup, Func<CgroupLookup, IReadOnlyList<CgroupSnapshot>> find)
    {
        foreach (var cgroup in find(lookup))
        {
            WriteObject(cgroup.ToCgroup());
            foreach (var below in Recurse ? lookup.Below(cgroup) : [])
            {
                StopToken.ThrowIfCancellationRequested();
                WriteObject(below.ToCgroup());
            }
        }
    }
}
