using System.Management.Automation;
using Containers.Arguments;
using Containers.Completion;
using Containers.Engine.Overlays;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Mounts folders over each other: one folder that shows the files of all, those of upper ones in front of those of lower ones. [mount -t overlay]</summary>
/// <remarks>
/// What is written goes to -Upper; the lower folders are never changed, and must not be changed by others while the overlay is mounted. Without -Upper the overlay is only
/// read. An overlay on a path stays mounted when the session ends, until Dismount-Overlay or a reboot. A detached one is in no mount namespace: the object's Path leads to it
/// from any program on this machine, as long as the session holds the object. about_Overlays tells more.
/// </remarks>
[Cmdlet(VerbsData.Mount, "Overlay", DefaultParameterSetName = AtPath, SupportsShouldProcess = true)]
[OutputType(typeof(Overlay))]
public sealed class MountOverlayCommand : OverlayCommand
{
    private const string AtPath = "Path", Nowhere = "Detached";

    /// <summary>The folder to mount it on, which must be there. What it has in it is not seen meanwhile.</summary>
    [Parameter(ParameterSetName = AtPath, Mandatory = true, Position = 0)]
    [FolderArgument]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = string.Empty;

    /// <summary>Mounts it on no path: it is there as long as the object that this gives is held, and ends with Dismount-Overlay or the session.</summary>
    [Parameter(ParameterSetName = Nowhere, Mandatory = true)]
    public SwitchParameter Detached { get; set; }

    /// <summary>The folders that are only read, topmost first: 1 to 500. No wildcards.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [Alias("LowerDir")]
    [FolderArgument]
    [ValidateNotNullOrEmpty]
    public string[] Lower { get; set; } = [];

    /// <summary>The folder that what is written goes to: changed files, new ones, and marks of removed ones. It must be there.</summary>
    [Parameter]
    [Alias("UpperDir")]
    [FolderArgument]
    [ValidateNotNullOrEmpty]
    public string? Upper { get; set; }

    /// <summary>An empty folder of the same file system as -Upper, which the kernel works in. It must be there.</summary>
    [Parameter]
    [Alias("WorkDir")]
    [FolderArgument]
    [ValidateNotNullOrEmpty]
    public string? Work { get; set; }

    /// <summary>Nothing can be written, although there is an -Upper: what that holds shows.</summary>
    [Parameter]
    public SwitchParameter ReadOnly { get; set; }

    /// <summary>
    /// Options of the file system, as userxattr, volatile, metacopy=on (kernel documentation, filesystems/overlayfs), and of the mount: nosuid, nodev, noexec, noatime,
    /// nodiratime, nosymfollow.
    /// </summary>
    [Parameter]
    [OverlayOptionArgument]
    [ArgumentCompleter(typeof(OverlayOptionCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Option { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        var options = new OverlayOptions { Lower = Lower, Upper = Upper, Work = Work, ReadOnly = ReadOnly, Options = Option };
        var target = Detached ? null : Path;
        if (ShouldProcess(target ?? "a detached overlay", $"Mount an overlay of {string.Join(':', Upper is null ? Lower : [Upper, .. Lower])}"))
        {
            Attempt(EngineErrors.Overlay, target ?? Lower[0], () => WriteObject(new Overlay(engine.MountOverlay(options, target))));
        }
    }
}
