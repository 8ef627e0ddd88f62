using System.Management.Automation;
using Containers.Engine.Runtime;

namespace Containers.Commands;

/// <summary>What the cmdlets share that write and remove the unit of systemd.</summary>
public abstract class ContainerStartupCommand : ContainerCommand
{
    /// <summary>The folder of systemd's units. Without it /etc/systemd/system.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = StartupUnit.DefaultFolder;

    /// <summary>Writes the unit's file to the pipeline; for one that is removed, what it was.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>The folder's path.</summary>
    private protected string Folder => SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path);

    /// <summary>The unit's path.</summary>
    private protected string File => System.IO.Path.Combine(Folder, StartupUnit.Name);

    /// <summary>The unit's file as Get-Item gives it.</summary>
    private protected object Describe() => FileItem.Get(this, File);
}
