using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Gets the processes of running containers. [docker top]</summary>
/// <remarks>
/// All processes of a container's cgroup, those too that were put into it later, oldest first; with their numbers on this machine and inside. CpuPercent is over a
/// process's whole life; Measure-Container tells what is used now. The names of users are those of the container's own /etc/passwd. What is not printable in a command
/// line is written as \x1b; Argument has it as it is. A process that ends meanwhile is left out.
/// </remarks>
[Cmdlet(VerbsCommon.Get, "ContainerProcess")]
[Alias("Top-Container")]
[OutputType(typeof(ContainerProcess))]
public sealed class GetContainerProcessCommand : ContainerCommand
{
    /// <summary>The containers: names, ids, beginnings of ids, wildcards, or objects of Get-Container. Without it, all that are running.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id")]
    [SupportsWildcards]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        foreach (var container in FindRunningContainers(Name))
        {
            Attempt(EngineErrors.Container, container.Name, () =>
            {
                foreach (var process in engine.GetProcesses(container.Id))
                {
                    WriteObject(process.ToContainerProcess(container));
                }
            });
        }
    }
}
