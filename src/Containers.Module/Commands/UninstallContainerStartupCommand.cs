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
public sealed class UninstallContainerStartupCommand : ContainerStartupCommand
{
    /// <summary>Removes a file of that name also where Install-ContainerStartup has not written it.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (!ShouldProcess(File, "Remove the unit"))
        {
            return;
        }

        Attempt(EngineErrors.Startup, File, () =>
        {
            var unit = PassThru ? Describe() : null;
            _ = StartupUnit.Uninstall(Folder, Force);
            if (unit is not null)
            {
                WriteObject(unit);
            }
        });
    }
}
