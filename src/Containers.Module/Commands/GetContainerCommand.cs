using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Gets containers, stopped ones too. [docker ps, docker inspect]</summary>
/// <remarks>
/// A container's state is what the kernel says of it at that moment. Sizes and dates are plain numbers and dates in the
/// properties; only the views show them for people.
/// </remarks>
[Cmdlet(VerbsCommon.Get, "Container")]
[OutputType(typeof(Container))]
public sealed class GetContainerCommand : ContainerCommand
{
    /// <summary>The containers: names, ids, beginnings of ids, wildcards, or objects. Without it, all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id")]
    [SupportsWildcards]
    [ContainerNameArgument]
    [ArgumentCompleter(typeof(ContainerNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>Only containers in one of these states.</summary>
    [Parameter]
    public ContainerState[]? State { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Name is not null)
        {
            Write(FindContainers(Name));
            return;
        }

        var engine = OpenEngine();
        Attempt(EngineErrors.Container, "*", () => Write(engine.List()));
    }

    private void Write(IEnumerable<Engine.Runtime.ContainerSnapshot> containers)
    {
        foreach (var container in containers.Select(EngineMapping.ToContainer))
        {
            if (State is null || State.Contains(container.State))
            {
                WriteObject(container);
            }
        }
    }
}
