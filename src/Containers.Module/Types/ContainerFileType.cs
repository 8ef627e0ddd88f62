namespace Containers;

/// <summary>What kind of file something is (inode(7)).</summary>
public enum ContainerFileType
{
    /// <summary>None of the known ones.</summary>
    Unknown = 0,

    /// <summary>A named pipe.</summary>
    Fifo = 0x1,

    /// <summary>A character device.</summary>
    CharacterDevice = 0x2,

    /// <summary>A folder.</summary>
    Folder = 0x4,

    /// <summary>A block device.</summary>
    BlockDevice = 0x6,

    /// <summary>A regular file.</summary>
    Regular = 0x8,

    /// <summary>A symbolic link.</summary>
    Symlink = 0xA,

    /// <summary>A socket.</summary>
    Socket = 0xC,
}
