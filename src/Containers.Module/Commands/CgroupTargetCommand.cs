using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine.Cgroups;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>What the cmdlets have in common that work on cgroups which are there.</summary>
public abstract class CgroupTargetCommand : ContainerCommand
{
    private CgroupControl? _control;

    /// <summary>Paths from the root of the hierarchies (/system.slice), absolute paths below a mount point, or objects of Get-Cgroup.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [CgroupPathArgument]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>The cgroups of these containers: names, ids, or objects of Get-Container.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Container")]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Container { get; set; } = [];

    private protected CgroupControl Control => _control ??= new CgroupControl();

    /// <summary>Does something with each of the cgroups; an error of one does not keep the others from it.</summary>
    private protected void Each(Action<CgroupSnapshot> action)
    {
        foreach (var (target, path) in ParameterSetName == "Container" ? Container.Select(name => (name, (string?)null)) : Path.Select(static path => (path, (string?)path)))
        {
            Attempt(EngineErrors.Cgroup, target, () => action(Control.Lookup.Get(path ?? OpenEngine().CgroupPathOf(OpenEngine().FindId(target)))));
        }
    }
}
