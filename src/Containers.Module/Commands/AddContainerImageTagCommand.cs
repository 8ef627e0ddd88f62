using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Gives an image another name. [docker tag]</summary>
/// <remarks>The image keeps the names that it has. Another image that has the new name loses it.</remarks>
[Cmdlet(VerbsCommon.Add, "ContainerImageTag", SupportsShouldProcess = true)]
[Alias("Tag-ContainerImage")]
[OutputType(typeof(ContainerImage))]
public sealed class AddContainerImageTagCommand : ContainerCommand
{
    private bool _isUsed;

    /// <summary>The image: a name with an optional tag, an id, the beginning of an id, or an object of Get-ContainerImage.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ImageArgument]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>The new names: [HOST[:PORT]/]PATH[:TAG]; latest where no tag is given.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string[] NewName { get; set; } = [];

    /// <summary>Writes the image under each new name to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (_isUsed)
        {
            Refuse("OneNameForSeveralImages", $"'{string.Join(", ", NewName)}' cannot be the name of several images: name one at a time.", Name);
        }

        _isUsed = true;
        var engine = OpenEngine();
        foreach (var newName in NewName)
        {
            if (!ShouldProcess(Name, $"Name '{newName}'"))
            {
                continue;
            }

            Attempt(EngineErrors.Image, Name, () =>
            {
                var image = engine.Images.AddTag(Name, newName);
                if (PassThru)
                {
                    WriteObject(image.ToContainerImage());
                }
            });
        }
    }
}
