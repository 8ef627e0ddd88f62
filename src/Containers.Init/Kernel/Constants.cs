namespace Containers.Init;

/// <summary>Error numbers the helper tells apart.</summary>
internal static class Error
{
    internal const int ENOENT = 2, EINTR = 4, EIO = 5, EAGAIN = 11, EACCES = 13, EBUSY = 16, EEXIST = 17, ENOTDIR = 20, EINVAL = 22,
        EFBIG = 27, EPIPE = 32, ERANGE = 34, ENAMETOOLONG = 36, ELOOP = 40, ECONNABORTED = 103;
}

/// <summary>Flags of open(2); those that differ between architectures are picked here.</summary>
internal static class Open
{
    internal const int WriteOnly = 1, ReadWrite = 2, Create = 0x40, Exclusive = 0x80, NoCtty = 0x100, Truncate = 0x200, Append = 0x400, NonBlock = 0x800,
        CloseOnExec = 0x80000, PathOnly = 0x200000;

#if ARM64
    internal const int Directory = 0x4000, NoFollow = 0x8000;
#else
    internal const int Directory = 0x10000, NoFollow = 0x20000;
#endif

    internal const int AtCurrentFolder = -100, AtEmptyPath = 0x1000;

    internal const ulong NoMagicLinks = 0x02, NoSymlinks = 0x04, Beneath = 0x08, InRoot = 0x10, NoXdev = 0x01;
}

/// <summary>Signals and prctl(2) operations the helper uses.</summary>
internal static class Signals
{
    internal const int SIGHUP = 1, SIGINT = 2, SIGKILL = 9, SIGPIPE = 13, SIGTERM = 15, SIGCHLD = 17, SIGXCPU = 24, SIGXFSZ = 25;
}

/// <summary>prctl(2) operations.</summary>
internal static class Prctl
{
    internal const int ParentDeathSignal = 1, SetDumpable = 4, SetName = 15, DropBounding = 24, Ambient = 47, AmbientClearAll = 4;
}

/// <summary>Types of files in st_mode.</summary>
internal static class FileType
{
    internal const uint Mask = 0xf000, Pipe = 0x1000, CharacterDevice = 0x2000, Folder = 0x4000, Regular = 0x8000;
}
