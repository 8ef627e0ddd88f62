namespace Containers;

/// <summary>Where a value of the configuration comes from.</summary>
public enum ContainerConfigurationSource
{
    /// <summary>Nothing sets it.</summary>
    Default,

    /// <summary>The configuration file.</summary>
    File,

    /// <summary>A variable of the environment.</summary>
    Environment,
}
