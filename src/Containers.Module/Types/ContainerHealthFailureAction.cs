namespace Containers;

/// <summary>What is done with a container that has become unhealthy.</summary>
public enum ContainerHealthFailureAction
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It is killed.</summary>
    Kill,

    /// <summary>It is stopped and started anew.</summary>
    Restart,

    /// <summary>It is stopped.</summary>
    Stop,
}
