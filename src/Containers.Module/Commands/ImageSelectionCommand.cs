using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;

namespace Containers.Commands;

/// <summary>What the cmdlets share that work on images there are.</summary>
public abstract class ImageSelectionCommand : ContainerCommand
{
    /// <summary>The images: names with an optional tag, ids, beginnings of ids, wildcards, or objects of Get-ContainerImage.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id")]
    [SupportsWildcards]
    [ImageNameArgument]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];
}
