namespace Containers.Engine.Configuration;

/// <summary>Where the value of a key comes from.</summary>
public enum ConfigurationSource
{
    /// <summary>Nothing sets it.</summary>
    Default,

    /// <summary>The configuration file.</summary>
    File,

    /// <summary>A variable of the environment.</summary>
    Environment,
}
