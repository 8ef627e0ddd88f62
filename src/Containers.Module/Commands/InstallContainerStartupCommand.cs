using System.Management.Automation;
using Containers.Engine.Runtime;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Writes the unit of systemd that starts containers with the machine.</summary>
/// <remarks>
/// The unit is containers.service. With the machine it starts the containers whose restart policy says so, as Start-Container -All -RestartPolicy does, and before
/// the machine's end it stops all running ones, each in its own way. It runs the native program of this module, no PowerShell, and works on the folders and the
/// configuration that this session has (CONTAINERS_ROOT, CONTAINERS_CONFIG). It is not turned on: the two commands for that are shown.
/// </remarks>
[Cmdlet(VerbsLifecycle.Install, "ContainerStartup", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class InstallContainerStartupCommand : ContainerCommand
{
    /// <summary>The folder of systemd's units. Without it /etc/systemd/system.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = StartupUnit.DefaultFolder;

    /// <summary>Replaces a file of that name with another text.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the unit's file to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        var folder = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path);
        var file = System.IO.Path.Combine(folder, StartupUnit.Name);
        Attempt(EngineErrors.Startup, file, () =>
        {
            var unit = engine.GetStartupUnit();
            if (!ShouldProcess(file, "Write the unit"))
            {
                return;
            }

            _ = unit.Install(folder, Force);
            WriteInformation(
                new HostInformationMessage
                {
                    Message = $"The unit is written. These two commands turn it on:\n    systemctl daemon-reload\n    systemctl enable --now {StartupUnit.Name}",
                },
                ["PSHOST"]);
            if (PassThru)
            {
                WriteObject(new FileInfo(file));
            }
        });
    }
}
