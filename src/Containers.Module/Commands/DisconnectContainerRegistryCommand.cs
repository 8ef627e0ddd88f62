using System.Management.Automation;
using Containers.Completion;
using Containers.Engine;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Forgets the credentials for registries. [docker logout]</summary>
/// <remarks>They are taken out of Docker's config.json, its kin's auth.json, and the credential helpers that these name.</remarks>
[Cmdlet(VerbsCommunications.Disconnect, "ContainerRegistry", SupportsShouldProcess = true)]
[OutputType(typeof(ContainerRegistryLogin))]
public sealed class DisconnectContainerRegistryCommand : ContainerCommand
{
    /// <summary>The registries: hosts, with the port where image names have one. Without it docker.io.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(RegistryCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Registry { get; set; } = ["docker.io"];

    /// <summary>Writes the registries to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var engine = OpenEngine();
        foreach (var host in Registry)
        {
            if (!ShouldProcess(host, "Forget the credentials for"))
            {
                continue;
            }

            Attempt(EngineErrors.Registry, host, () =>
            {
                using var registry = engine.OpenRegistry();
                if (!registry.Logout(host))
                {
                    throw new EngineException(EngineErrorReason.NotFound, host, $"No credentials are kept for '{host}'. Connect-ContainerRegistry keeps some.");
                }

                if (PassThru)
                {
                    WriteObject(new ContainerRegistryLogin { Registry = host });
                }
            });
        }
    }
}
