using Tmds.Linux;

namespace Containers.Interop;

/// <summary>The type of a file, as in <c>st_mode</c> (inode(7)).</summary>
public enum FileKind
{
    /// <summary>None of the known types.</summary>
    Unknown = 0,

    /// <summary>S_IFIFO.</summary>
    Fifo = 0x1,

    /// <summary>S_IFCHR.</summary>
    CharacterDevice = 0x2,

    /// <summary>S_IFDIR.</summary>
    Folder = 0x4,

    /// <summary>S_IFBLK.</summary>
    BlockDevice = 0x6,

    /// <summary>S_IFREG.</summary>
    Regular = 0x8,

    /// <summary>S_IFLNK.</summary>
    Symlink = 0xA,

    /// <summary>S_IFSOCK.</summary>
    Socket = 0xC,
}

/// <summary>What stat(2) tells.</summary>
/// <param name="Device">The device the file lies on.</param>
/// <param name="Inode">Its inode number there.</param>
/// <param name="Kind">Its type.</param>
/// <param name="Mode">Its permission bits with setuid, setgid and sticky (07777).</param>
/// <param name="Links">The number of hard links.</param>
/// <param name="Uid">Its owner.</param>
/// <param name="Gid">Its group.</param>
/// <param name="RawDevice">A device node's number (makedev(3)).</param>
/// <param name="Size">Bytes.</param>
/// <param name="ModifiedSeconds">Last change of the content, seconds since 1970.</param>
/// <param name="ModifiedNanoseconds">The part of a second of it.</param>
/// <param name="DiskSize">Bytes that it takes on disk: holes take none.</param>
public readonly record struct FileStatus(
    ulong Device, ulong Inode, FileKind Kind, int Mode, ulong Links, uint Uid, uint Gid, ulong RawDevice, long Size,
    long ModifiedSeconds, long ModifiedNanoseconds, long DiskSize)
{
    /// <summary>A device node's major number.</summary>
    public uint Major => (uint)(((RawDevice >> 32) & 0xfffff000) | ((RawDevice >> 8) & 0xfff));

    /// <summary>A device node's minor number.</summary>
    public uint Minor => (uint)(((RawDevice >> 12) & 0xffffff00) | (RawDevice & 0xff));

    /// <summary>The major number of the device the file lies on.</summary>
    public uint DeviceMajor => (uint)(((Device >> 32) & 0xfffff000) | ((Device >> 8) & 0xfff));

    /// <summary>The minor number of the device the file lies on.</summary>
    public uint DeviceMinor => (uint)(((Device >> 12) & 0xffffff00) | (Device & 0xff));

    internal static FileStatus From(stat s)
    {
        uint mode = (uint)s.st_mode;
        return new FileStatus(
            (ulong)s.st_dev, (ulong)s.st_ino, (FileKind)(mode >> 12), (int)(mode & 0xfff), (ulong)s.st_nlink, (uint)s.st_uid, (uint)s.st_gid,
            (ulong)s.st_rdev, (long)s.st_size, (long)s.st_mtim.tv_sec, (long)s.st_mtim.tv_nsec, (long)s.st_blocks * 512);
    }
}
