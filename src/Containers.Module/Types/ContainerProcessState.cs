namespace Containers;

/// <summary>What a process is doing.</summary>
public enum ContainerProcessState
{
    /// <summary>A letter that is not known.</summary>
    Unknown,

    /// <summary>Running or ready to run.</summary>
    Running,

    /// <summary>Waiting for something.</summary>
    Sleeping,

    /// <summary>Waiting for a device or a file system, and not to be interrupted meanwhile.</summary>
    DiskSleep,

    /// <summary>Stopped by a signal.</summary>
    Stopped,

    /// <summary>Stopped by a debugger.</summary>
    Traced,

    /// <summary>Ended, and not yet waited for by its parent.</summary>
    Zombie,

    /// <summary>At its very end.</summary>
    Dead,

    /// <summary>A thread of the kernel that waits.</summary>
    Idle,
}
