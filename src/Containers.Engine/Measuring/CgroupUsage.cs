using System.Globalization;
using Containers.Engine.Cgroups;

namespace Containers.Engine.Measuring;

/// <summary>Reads what cgroups count, of v1 and v2 alike: null for what is not counted.</summary>
internal static class CgroupUsage
{
    /// <summary>Processor time since the cgroup was made.</summary>
    public static TimeSpan? CpuTime(ContainerCgroup cgroup)
    {
        const long ticksPerMicrosecond = TimeSpan.TicksPerMicrosecond;
        if (cgroup.FolderOf("cpuacct") is { } accounting && Number(accounting.Read("cpuacct.usage")) is { } nanoseconds)
        {
            return TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
        }

        // v2 counts it in every cgroup, with the cpu controller and without.
        return Field(cgroup.UnifiedFolder?.Read("cpu.stat"), "usage_usec") is { } microseconds ? TimeSpan.FromTicks(microseconds * ticksPerMicrosecond) : null;
    }

    /// <summary>Memory in use, less inactive file cache.</summary>
    public static long? Memory(ContainerCgroup cgroup)
    {
        if (cgroup.FolderOf("memory") is not { } folder)
        {
            return null;
        }

        // v1's counts the cgroups below only in the fields that begin with total_.
        string? unified = folder.Read("memory.current");
        long? used = Number(unified ?? folder.Read("memory.usage_in_bytes"));
        long cache = Field(folder.Read("memory.stat"), unified is null ? "total_inactive_file" : "inactive_file") ?? 0;
        return used > cache ? used - cache : used;
    }

    /// <summary>The limit of memory; null also for none.</summary>
    public static long? MemoryLimit(ContainerCgroup cgroup) =>
        cgroup.FolderOf("memory") is { } folder ? Number(folder.Read("memory.max") ?? folder.Read("memory.limit_in_bytes")) : null;

    /// <summary>Processes and threads.</summary>
    public static long? Pids(ContainerCgroup cgroup) => Number(cgroup.FolderOf("pids")?.Read("pids.current"));

    /// <summary>The limit of processes and threads; null also for none.</summary>
    public static long? PidsLimit(ContainerCgroup cgroup) => Number(cgroup.FolderOf("pids")?.Read("pids.max"));

    /// <summary>Bytes read from and written to block devices.</summary>
    public static (long? Read, long? Written) Blocks(ContainerCgroup cgroup)
    {
        if (cgroup.FolderOf("io")?.Read("io.stat") is { } unified)
        {
            return (SumOfPairs(unified, "rbytes="), SumOfPairs(unified, "wbytes="));
        }

        string? text = cgroup.FolderOf("blkio") is { } folder
            ? folder.Read("blkio.throttle.io_service_bytes_recursive") ?? folder.Read("blkio.throttle.io_service_bytes") : null;
        return text is null ? (null, null) : (SumOfLines(text, "Read"), SumOfLines(text, "Write"));
    }

    /// <summary>The number of a file that holds one; null where there is none, or <c>max</c>.</summary>
    internal static long? Number(string? text) =>
        long.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    /// <summary>The number behind a key at a line's beginning.</summary>
    internal static long? Field(string? text, string key)
    {
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(key, StringComparison.Ordinal) && line.Length > key.Length && line[key.Length] == ' ')
            {
                return Number(line[key.Length..].ToString());
            }
        }

        return null;
    }

    /// <summary>v2: lines <c>8:0 rbytes=1 wbytes=2 ...</c>, one for each device.</summary>
    internal static long SumOfPairs(string text, string key) =>
        text.Split((char[])['\n', ' '], StringSplitOptions.RemoveEmptyEntries)
            .Where(word => word.StartsWith(key, StringComparison.Ordinal)).Sum(word => Number(word[key.Length..]) ?? 0);

    /// <summary>v1: lines <c>8:0 Read 1</c>, one for each device and operation.</summary>
    internal static long SumOfLines(string text, string operation) =>
        text.Split('\n').Select(line => line.Split(' ')).Where(words => words.Length == 3 && words[1] == operation).Sum(words => Number(words[2]) ?? 0);
}
