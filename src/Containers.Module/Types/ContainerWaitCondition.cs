namespace Containers;

/// <summary>What of a container is waited for.</summary>
public enum ContainerWaitCondition
{
    /// <summary>Its end. One that was never started does not come to it.</summary>
    Exited,

    /// <summary>That it runs, and is not suspended.</summary>
    Running,

    /// <summary>That it is suspended.</summary>
    Paused,

    /// <summary>That its health check finds it well. One without a check does not come to it.</summary>
    Healthy,

    /// <summary>That it is gone.</summary>
    Removed,
}
