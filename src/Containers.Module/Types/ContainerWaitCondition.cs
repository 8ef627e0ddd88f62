using System.Diagnostics.CodeAnalysis;

namespace Containers;

/// <summary>What of a container is waited for.</summary>
public enum ContainerWaitCondition
{
    /// <summary>Its end. One that was never started does not come to it.</summary>
    Exited,

    /// <summary>As Exited.</summary>
    [SuppressMessage("Design", "CA1069:Enums values should not be duplicated", Justification = "The name that docker wait has for it.")]
    NotRunning = Exited,

    /// <summary>That it runs, and is not suspended.</summary>
    Running,

    /// <summary>That it is suspended.</summary>
    Paused,

    /// <summary>That its health check finds it well. One without a check does not come to it.</summary>
    Healthy,

    /// <summary>That it is gone.</summary>
    Removed,
}
