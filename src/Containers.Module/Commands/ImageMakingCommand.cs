using System.Management.Automation;
using Containers.Engine.Images;

namespace Containers.Commands;

/// <summary>What the cmdlets share that make an image with a configuration of its own.</summary>
public abstract class ImageMakingCommand : ImageConfigurationCommand
{
    private readonly ProgressRecord _record = new(1, "Making an image", "Reading the files");

    /// <summary>Ports that the image's program serves: 80/tcp, 53/udp, or 80 alone for tcp.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Expose { get; set; } = [];

    /// <summary>Folders that hold data of their own, as absolute paths inside.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Volume { get; set; } = [];

    /// <summary>Who made the image.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Author { get; set; }

    /// <summary>A remark, which Get-ContainerImageHistory shows.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Comment { get; set; }

    /// <inheritdoc/>
    private protected sealed override ImageChanges Changes() => base.Changes() with { ExposedPorts = Expose, Volumes = Volume, Author = Author, Comment = Comment };

    /// <summary>Makes an image on a thread of its own, showing how far it is, and writes it.</summary>
    /// <param name="activity">What is done, for the progress.</param>
    /// <param name="make">Makes the image.</param>
    private protected void Make(string activity, Func<IProgress<LayerProgress>, ImageInfo> make)
    {
        var tally = new LayerTally();
        var work = new EngineWork<ImageInfo>(() => make(tally));
        _record.Activity = activity;
        work.Wait(() =>
        {
            _record.RecordType = ProgressRecordType.Processing;
            tally.Describe(_record);
            WriteProgress(_record);
        });
        _record.RecordType = ProgressRecordType.Completed;
        WriteProgress(_record);
        WriteObject(work.Result().ToContainerImage());
    }
}
