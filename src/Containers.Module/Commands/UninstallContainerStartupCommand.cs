using System.Management.Automation;
using Containers.Engine.Runtime;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Removes the unit of systemd that Install-ContainerStartup has written.</summary>
/// <remarks>
/// First turn it off: systemctl disable containers.service. Containers that run go on; with --now they are stopped. After the file is removed, systemd is told
/// by systemctl daemon-reload.
/// </remarks>
[Cmdlet(VerbsLifecycle.Uninstall, "ContainerStartup", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class UninstallContainerStartupCommand : ContainerCommand
{
    /// <summary>The folder of systemd's units. Without it /etc/systemd/system.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = StartupUnit.DefaultFolder;

    /// <summary>Removes a file of that name also where Install-ContainerStartup has not written it.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the file that was removed to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var folder = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path);
        var file = System.IO.Path.Combine(folder, StartupUnit.Name);
        if (!ShouldProcess(file, "Remove the unit"))
        {
            return;
        }

        Attempt(EngineErrors.Startup, file, () =>
        {
            _ = StartupUnit.Uninstall(folder, Force);
            if (PassThru)
            {
                WriteObject(new FileInfo(file));
            }
        });
    }
}
