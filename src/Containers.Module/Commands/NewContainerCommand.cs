using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;

namespace Containers.Commands;

/// <summary>Makes a container without starting it. [docker create]</summary>
/// <remarks>
/// The container gets its name, its configuration and its writable layer; Start-Container starts it. The command is written
/// after --, so that PowerShell does not take the program's options for its own.
/// </remarks>
[Cmdlet(VerbsCommon.New, "Container", DefaultParameterSetName = ImageSet, SupportsShouldProcess = true)]
[Alias("Create-Container")]
[OutputType(typeof(Container))]
public sealed class NewContainerCommand : ContainerCreationCommand
{
    private bool _isImageWritten;

    /// <summary>
    /// The image: a name with an optional tag, an id, the beginning of an id, or an object of Get-ContainerImage. The built-in
    /// image host is a copy-on-write view of this machine's own files; it is no sandbox for untrusted code.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ImageSet)]
    [ImageArgument]
    [ArgumentCompleter(typeof(ImageNameCompleter))]
    [ValidateNotNullOrEmpty]
    public override string Image { get; set; } = "";

    /// <summary>The image from the pipeline, where words after -- are all the command's: each image gives a container.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = ImageSet)]
    [ImageArgument]
    [ValidateNotNullOrEmpty]
    public string? InputObject { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => _isImageWritten = MyInvocation.BoundParameters.ContainsKey(nameof(Image));

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        // PowerShell binds positions before the pipeline: in `$image | New-Container -- sleep 5` the word sleep stands where an image would.
        if (InputObject is not null && _isImageWritten)
        {
            Command = [Image, .. Command ?? []];
            _isImageWritten = false;
        }

        Image = InputObject ?? Image;
        RefuseMisplacedOptions();
        var options = Options();
        if (!ShouldProcess(NewContainerDescription, "Create"))
        {
            return;
        }

        var engine = OpenEngine();
        Attempt(CreationError, () =>
        {
            ProvideImage(engine);
            WriteObject(engine.Create(options, StopToken).ToContainer());
        });
    }
}
