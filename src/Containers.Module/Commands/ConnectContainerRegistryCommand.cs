using System.Management.Automation;
using Containers.Completion;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Signs in to a registry and keeps the credentials for it. [docker login]</summary>
/// <remarks>
/// The registry is asked whether it accepts them; only then are they kept: by the credential helper that Docker's config.json names, or, only with
/// -AsPlainText, in that file, readable for its owner alone.
/// </remarks>
[Cmdlet(VerbsCommunications.Connect, "ContainerRegistry", SupportsShouldProcess = true)]
[OutputType(typeof(ContainerRegistryLogin))]
public sealed class ConnectContainerRegistryCommand : ContainerCommand
{
    /// <summary>The registry: its host, with the port where image names have one. Without it docker.io.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(RegistryCompleter))]
    [ValidateNotNullOrEmpty]
    public string Registry { get; set; } = "docker.io";

    /// <summary>The user's name with the password or access token; with a name alone, the password is asked for.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [Credential]
    public PSCredential Credential { get; set; } = PSCredential.Empty;

    /// <summary>Allows the secret to be written into config.json as it is, where no credential helper is configured.</summary>
    [Parameter]
    public SwitchParameter AsPlainText { get; set; }

    /// <summary>Writes the registry and the user to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var secret = Credential.GetNetworkCredential().Password;
        if (Credential.UserName.Length == 0 || secret.Length == 0)
        {
            Refuse("CredentialEmpty", "-Credential needs a user's name and a password or access token; one of them is empty.", Registry);
        }

        if (!ShouldProcess(Registry, $"Sign in as {Credential.UserName}"))
        {
            return;
        }

        var engine = OpenEngine();
        Attempt(EngineErrors.Registry, Registry, () =>
        {
            using var registry = engine.OpenRegistry();
            registry.Login(Registry, Credential.UserName, secret, AsPlainText, StopToken);
            if (PassThru)
            {
                WriteObject(new ContainerRegistryLogin { Registry = Registry, UserName = Credential.UserName });
            }
        });
    }
}
