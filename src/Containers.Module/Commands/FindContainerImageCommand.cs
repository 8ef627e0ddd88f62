using System.Management.Automation;
using Containers.Completion;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Finds the tags of a repository in its registry. [skopeo list-tags]</summary>
/// <remarks>They come in the order of their characters, and can be piped into Receive-ContainerImage. Nothing is fetched or kept.</remarks>
[Cmdlet(VerbsCommon.Find, "ContainerImage")]
[OutputType(typeof(ContainerImageTag))]
public sealed class FindContainerImageCommand : ContainerCommand
{
    /// <summary>The repositories: [HOST[:PORT]/]PATH without a tag; docker.io where no host is given.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(RepositoryCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Repository { get; set; } = [];

    /// <summary>The tags, with wildcards: '1.*'. Without it, all.</summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Tag { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        var patterns = Tag.Select(static tag => new WildcardPattern(tag, WildcardOptions.CultureInvariant)).ToList();
        foreach (var repository in Repository)
        {
            Attempt(failure => EngineErrors.TransferRecord(failure, repository), () =>
            {
                using var registry = engine.OpenRegistry();
                foreach (var tag in registry.FindTags(repository, StopToken))
                {
                    if (patterns.Exists(pattern => pattern.IsMatch(tag)))
                    {
                        WriteObject(new ContainerImageTag { Repository = repository, Tag = tag });
                    }
                }
            });
        }
    }
}
