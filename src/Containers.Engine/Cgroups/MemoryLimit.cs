using System.Globalization;

namespace Containers.Engine.Cgroups;

/// <summary>What both versions' memory controllers share.</summary>
internal static class MemoryLimit
{
    /// <summary>The least that lets a process start at all: 6 MiB, Docker's bound too.</summary>
    public const long Least = 6 * 1024 * 1024;

    /// <summary>Whether the kernel keeps the limit: it counts in whole pages and rounds down.</summary>
    /// <param name="asked">Bytes that were asked for.</param>
    /// <param name="kept">What the file says.</param>
    /// <returns>Whether it is the same limit.</returns>
    public static bool IsKept(long asked, string kept) =>
        long.TryParse(kept, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes)
        && bytes <= asked && asked - bytes < Environment.SystemPageSize;
}
