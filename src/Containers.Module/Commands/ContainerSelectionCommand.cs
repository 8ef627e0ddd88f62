using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;

namespace Containers.Commands;

/// <summary>What the cmdlets share that work on containers there are.</summary>
public abstract class ContainerSelectionCommand : ContainerCommand
{
    /// <summary>The containers: names, ids, beginnings of ids, wildcards, or objects of Get-Container.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id")]
    [SupportsWildcards]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    [ValidateNotNullOrEmpty]
    public virtual string[] Name { get; set; } = [];
}
