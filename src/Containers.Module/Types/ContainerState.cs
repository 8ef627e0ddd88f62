namespace Containers;

/// <summary>A container's state as the kernel and the exit record tell it.</summary>
public enum ContainerState
{
    /// <summary>Being made by a living session, or left behind half made by a dead one (<see cref="ContainerStateReason.Incomplete"/>).</summary>
    Creating,

    /// <summary>Made, never started.</summary>
    Created,

    /// <summary>Its first process lives.</summary>
    Running,

    /// <summary>Its first process has ended.</summary>
    Exited,

    /// <summary>Its first process has ended, and a living process waits to start it again, as its restart policy says.</summary>
    Restarting,

    /// <summary>It runs, and all its processes are kept from running (Suspend-Container).</summary>
    Paused,
}
