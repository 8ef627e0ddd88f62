namespace Containers;

/// <summary>Whether a container is well.</summary>
public enum ContainerHealthStatus
{
    /// <summary>It does not run, so that it is neither: the results are those of its last life.</summary>
    None,

    /// <summary>Not known yet: no check has succeeded, and not enough have failed.</summary>
    Starting,

    /// <summary>The last checks have succeeded, or too few of them have failed.</summary>
    Healthy,

    /// <summary>As many checks in a row have failed as are allowed.</summary>
    Unhealthy,
}
