namespace Containers.Engine.Runtime;

/// <summary>Which way mounts that are made later pass between a volume's source and its target (mount_namespaces(7)). With R, that of the mounts below too.</summary>
public enum MountPropagation
{
    /// <summary>Neither way, for the volume and all mounts below it.</summary>
    RPrivate,

    /// <summary>Neither way.</summary>
    Private,

    /// <summary>From this machine into the container, for the volume and all mounts below it.</summary>
    RSlave,

    /// <summary>From this machine into the container.</summary>
    Slave,

    /// <summary>Both ways, for the volume and all mounts below it.</summary>
    RShared,

    /// <summary>Both ways.</summary>
    Shared,
}
