namespace Containers.Init;

/// <summary>Stands in for the helper's constants where its sources are not compiled in: x86-64.</summary>
internal static class SysNr
{
    internal const int Write = 1, Close = 3, Lseek = 8, Pread64 = 17, Ftruncate = 77, ClockGettime = 228, Openat = 257, Unlinkat = 263, Renameat2 = 316;
}
