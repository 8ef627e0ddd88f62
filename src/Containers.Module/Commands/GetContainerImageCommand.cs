using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine.Images;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Gets the images that containers can be made of. [docker images]</summary>
/// <remarks>The built-in image host comes first: a copy-on-write view of this machine's own files, which needs no download.</remarks>
[Cmdlet(VerbsCommon.Get, "ContainerImage")]
[OutputType(typeof(ContainerImage))]
public sealed class GetContainerImageCommand : ContainerCommand
{
    /// <summary>The images: names with an optional tag, ids, beginnings of ids, wildcards, or objects. Without it, all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id")]
    [SupportsWildcards]
    [ImageNameArgument]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Name is not null)
        {
            Write(FindImages(Name));
            return;
        }

        var engine = OpenEngine();
        Attempt(EngineErrors.Image, "*", () => Write(engine.Images.List()));
    }

    private void Write(IReadOnlyList<ImageInfo> images)
    {
        foreach (var image in images)
        {
            WriteObject(image.ToContainerImage());
        }
    }
}
