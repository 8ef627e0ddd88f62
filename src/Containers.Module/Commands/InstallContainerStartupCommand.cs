using System.Management.Automation;
using Containers.Engine.Runtime;
using Containers.Errors;
using Containers.Foreground;

namespace Containers.Commands;

/// <summary>Writes the unit of systemd that starts containers with the machine.</summary>
/// <remarks>
/// The unit is containers.service. With the machine it starts the containers whose restart policy says so, as Start-Container -All -RestartPolicy does, and before
/// the machine's end it stops all running ones, each in its own way. It runs the native program of this module, no PowerShell, and works on the folders and the
/// configuration that this session has (CONTAINERS_ROOT, CONTAINERS_CONFIG). It is not turned on: the two commands for that are shown.
/// </remarks>
[Cmdlet(VerbsLifecycle.Install, "ContainerStartup", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class InstallContainerStartupCommand : ContainerStartupCommand
{
    /// <summary>Replaces a file of that name with another text.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        Attempt(EngineErrors.Startup, File, () =>
        {
            var unit = engine.GetStartupUnit();
            if (!ShouldProcess(File, "Write the unit"))
            {
                return;
            }

            _ = unit.Install(Folder, Force);
            HostMessage.Write(this, $"The unit is written. These two commands turn it on:\n    systemctl daemon-reload\n    systemctl enable --now {StartupUnit.Name}");
            if (PassThru)
            {
                WriteObject(Describe());
            }
        });
    }
}
