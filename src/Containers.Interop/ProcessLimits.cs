using System.Runtime.InteropServices;

namespace Containers.Interop;

/// <summary>Limits of this process (getrlimit(2)).</summary>
public static unsafe partial class ProcessLimits
{
    private const int OpenFiles = 7;

    /// <summary>RLIMIT_NOFILE's hard limit: what a child can be given at most without CAP_SYS_RESOURCE.</summary>
    /// <returns>The number of descriptors.</returns>
    public static long OpenFilesHard()
    {
        ulong* limit = stackalloc ulong[2];
        return getrlimit(OpenFiles, limit) == 0 ? (long)Math.Min(limit[1], long.MaxValue) : 1024;
    }

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, ulong* limit);
}
