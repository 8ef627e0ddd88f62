namespace Containers.Interop;

/// <summary>What holds for everything in a mount (fsmount(2), mount_setattr(2): <c>MOUNT_ATTR_*</c>).</summary>
[Flags]
public enum MountFlags
{
    /// <summary>Nothing in particular; times of access are kept as of the kernel's default, relatime.</summary>
    None = 0,

    /// <summary>Nothing can be written.</summary>
    ReadOnly = 0x1,

    /// <summary>Set-user-id bits and file capabilities have no effect.</summary>
    NoSuid = 0x2,

    /// <summary>Device nodes cannot be opened.</summary>
    NoDev = 0x4,

    /// <summary>No program can be executed.</summary>
    NoExec = 0x8,

    /// <summary>Times of access are not kept.</summary>
    NoAtime = 0x10,

    /// <summary>Times of access of folders are not kept.</summary>
    NoDirAtime = 0x80,

    /// <summary>No symbolic link is followed (Linux 5.14).</summary>
    NoSymFollow = 0x20_0000,
}
