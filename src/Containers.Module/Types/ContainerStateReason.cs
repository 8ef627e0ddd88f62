namespace Containers;

/// <summary>Why a container is in its state, where that is not the ordinary course.</summary>
public enum ContainerStateReason
{
    /// <summary>The ordinary course.</summary>
    None,

    /// <summary>The kernel killed it for its memory limit.</summary>
    OutOfMemory,

    /// <summary>Its monitor died, and the container with it: the exit code is not known.</summary>
    MonitorLost,

    /// <summary>The machine was started anew while it ran: the exit code is not known.</summary>
    Rebooted,

    /// <summary>The session that was making it died. It can only be removed.</summary>
    Incomplete,
}
