using Containers.Engine.Runtime;

namespace Containers;

/// <summary>Makes the engine's mounts of the module's, and back.</summary>
internal static class MountMapping
{
    /// <summary>Maps a volume to the engine's.</summary>
    public static BindMount ToBindMount(ContainerMount mount) => new(mount.Source, mount.Target, mount.ReadOnly)
    {
        NonRecursive = mount.NonRecursive,
        Propagation = (MountPropagation)mount.Propagation,
        NoExec = mount.NoExec,
        NoSuid = mount.NoSuid,
        NoDev = mount.NoDev,
    };

    /// <summary>Maps an in-memory folder to the engine's.</summary>
    public static TmpfsMount ToTmpfsMount(ContainerTmpfs mount) => new(mount.Target, mount.Size?.Bytes, mount.Mode, mount.Executable)
    {
        UserId = mount.UserId,
        GroupId = mount.GroupId,
        ReadOnly = mount.ReadOnly,
    };

    /// <summary>Maps a volume of the engine's.</summary>
    public static ContainerMount ToContainerMount(BindMount mount) => new()
    {
        Source = mount.Source,
        Target = mount.Target,
        ReadOnly = mount.ReadOnly,
        NonRecursive = mount.NonRecursive,
        Propagation = (ContainerMountPropagation)mount.Propagation,
        NoExec = mount.NoExec,
        NoSuid = mount.NoSuid,
        NoDev = mount.NoDev,
    };

    /// <summary>Maps an in-memory folder of the engine's.</summary>
    public static ContainerTmpfs ToContainerTmpfs(TmpfsMount mount) => new()
    {
        Target = mount.Target,
        Size = mount.Size is { } size ? new ByteSize(size) : null,
        Mode = mount.Mode,
        Executable = mount.Executable,
        UserId = mount.UserId,
        GroupId = mount.GroupId,
        ReadOnly = mount.ReadOnly,
    };
}
