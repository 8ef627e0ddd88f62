using System.Management.Automation;
using Containers.Engine.Configuration;
using Containers.Errors;

namespace Containers.Commands;

/// <summary>Gets the configuration in force, and where each value comes from.</summary>
/// <remarks>
/// The file is /etc/pscontainers/config.json, or the one that the variable CONTAINERS_CONFIG names; every key may be missing from it. The next cmdlet
/// of any session takes up a changed file.
/// </remarks>
[Cmdlet(VerbsCommon.Get, "ContainerConfiguration")]
[OutputType(typeof(ContainerConfiguration))]
public sealed class GetContainerConfigurationCommand : ContainerCommand
{
    /// <inheritdoc/>
    protected override void EndProcessing() => Attempt(
        EngineErrors.Configuration, ConfigurationFile.PathInForce(), () => WriteObject(ConfigurationSetting.ToContainerConfiguration(EngineConfiguration.Load())));
}
