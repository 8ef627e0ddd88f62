namespace Containers;

/// <summary>What a container sees of the network.</summary>
public enum NetworkMode
{
    /// <summary>A network namespace of its own with only loopback, which is up.</summary>
    None,

    /// <summary>The machine's own network namespace.</summary>
    Host,
}
