using System.Globalization;

namespace Containers.Engine.Cgroups;

/// <summary>Reads what a cgroup uses in one hierarchy, by the files of its version.</summary>
/// <param name="folder">The cgroup there.</param>
/// <param name="isUnified">Whether it is v2.</param>
internal sealed class CgroupMeasurementFiles(CgroupFolder folder, bool isUnified)
{
    private const long NanosecondsPerTick = 100;

    /// <summary>Reads what there is, over what other hierarchies have told.</summary>
    public CgroupMeasurement Read(CgroupMeasurement known) => isUnified ? ReadUnified(known) : ReadV1(known);

    private static CgroupPressure? Pressure(string? text)
    {
        if (text is null)
        {
            return null;
        }

        Dictionary<string, double[]> lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' ')).ToDictionary(
            static fields => fields[0],
            static fields => fields.Skip(1).Select(static field => double.Parse(field.AsSpan(field.IndexOf('=') + 1), CultureInfo.InvariantCulture)).ToArray(),
            StringComparer.Ordinal);
        double[] some = lines.GetValueOrDefault("some", [0, 0, 0, 0]), full = lines.GetValueOrDefault("full", [0, 0, 0, 0]);
        return new CgroupPressure(some[0], some[1], some[2], full[0], full[1], full[2], TimeSpan.FromMicroseconds(some[3]), TimeSpan.FromMicroseconds(full[3]));
    }

    private static TimeSpan? Microseconds(long? value) => value is { } number ? TimeSpan.FromMicroseconds(number) : null;

    private static TimeSpan? Nanoseconds(long? value) => value is { } number ? TimeSpan.FromTicks(number / NanosecondsPerTick) : null;

    private CgroupMeasurement ReadUnified(CgroupMeasurement known)
    {
        IReadOnlyDictionary<string, long> cpu = Keyed("cpu.stat"), memory = Keyed("memory.events"), pids = Keyed("pids.events");
        (long? read, long? written) = UnifiedBlocks();
        return known with
        {
            CpuTime = Microseconds(Of(cpu, "usage_usec")) ?? known.CpuTime,
            CpuUser = Microseconds(Of(cpu, "user_usec")) ?? known.CpuUser,
            CpuSystem = Microseconds(Of(cpu, "system_usec")) ?? known.CpuSystem,
            ThrottledPeriods = Of(cpu, "nr_throttled") ?? known.ThrottledPeriods,
            ThrottledTime = Microseconds(Of(cpu, "throttled_usec")) ?? known.ThrottledTime,
            Memory = Number("memory.current") ?? known.Memory,
            MemoryPeak = Number("memory.peak") ?? known.MemoryPeak,
            Swap = Number("memory.swap.current") ?? known.Swap,
            HighEvents = Of(memory, "high") ?? known.HighEvents,
            MaxEvents = Of(memory, "max") ?? known.MaxEvents,
            OomKills = Of(memory, "oom_kill") ?? known.OomKills,
            Pids = Number("pids.current") ?? known.Pids,
            PidsPeak = Number("pids.peak") ?? known.PidsPeak,
            PidsMaxEvents = Of(pids, "max") ?? known.PidsMaxEvents,
            IoRead = read ?? known.IoRead,
            IoWritten = written ?? known.IoWritten,
            CpuPressure = Pressure(folder.Read("cpu.pressure")) ?? known.CpuPressure,
            MemoryPressure = Pressure(folder.Read("memory.pressure")) ?? known.MemoryPressure,
            IoPressure = Pressure(folder.Read("io.pressure")) ?? known.IoPressure,
        };
    }

    private CgroupMeasurement ReadV1(CgroupMeasurement known)
    {
        IReadOnlyDictionary<string, long> cpu = Keyed("cpu.stat"), oom = Keyed("memory.oom_control"), memory = Keyed("memory.stat"), pids = Keyed("pids.events");
        (long? read, long? written) = V1Blocks();
        return known with
        {
            CpuTime = Nanoseconds(Number("cpuacct.usage")) ?? known.CpuTime,
            CpuUser = Nanoseconds(Number("cpuacct.usage_user")) ?? known.CpuUser,
            CpuSystem = Nanoseconds(Number("cpuacct.usage_sys")) ?? known.CpuSystem,
            ThrottledPeriods = Of(cpu, "nr_throttled") ?? known.ThrottledPeriods,
            ThrottledTime = Nanoseconds(Of(cpu, "throttled_time")) ?? known.ThrottledTime,
            Memory = Number("memory.usage_in_bytes") ?? known.Memory,
            MemoryPeak = Number("memory.max_usage_in_bytes") ?? known.MemoryPeak,
            Swap = Of(memory, "total_swap") ?? Of(memory, "swap") ?? known.Swap,
            // Where the limit with swap is no higher, it is the one that is reached.
            MaxEvents = Number("memory.failcnt") is { } fails ? fails + (Number("memory.memsw.failcnt") ?? 0) : known.MaxEvents,
            OomKills = Of(oom, "oom_kill") ?? known.OomKills,
            Pids = Number("pids.current") ?? known.Pids,
            PidsPeak = Number("pids.peak") ?? known.PidsPeak,
            PidsMaxEvents = Of(pids, "max") ?? known.PidsMaxEvents,
            IoRead = read ?? known.IoRead,
            IoWritten = written ?? known.IoWritten,
        };
    }

    private static long? Of(IReadOnlyDictionary<string, long> values, string key) => values.TryGetValue(key, out long value) ? value : null;

    private long? Number(string file) => long.TryParse(folder.Read(file)?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    private Dictionary<string, long> Keyed(string file)
    {
        var values = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (string line in (folder.Read(file) ?? string.Empty).Split('\n'))
        {
            int space = line.IndexOf(' ');
            if (space > 0 && long.TryParse(line.AsSpan(space + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long value))
            {
                values[line[..space]] = value;
            }
        }

        return values;
    }

    private (long? Read, long? Written) UnifiedBlocks()
    {
        if (folder.Read("io.stat") is not { } text)
        {
            return (null, null);
        }

        string[] fields = text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        long Sum(string key) => fields.Where(field => field.StartsWith(key, StringComparison.Ordinal)).Sum(field => long.Parse(field.AsSpan(key.Length), CultureInfo.InvariantCulture));
        return (Sum("rbytes="), Sum("wbytes="));
    }

    private (long? Read, long? Written) V1Blocks()
    {
        if ((folder.Read("blkio.throttle.io_service_bytes_recursive") ?? folder.Read("blkio.throttle.io_service_bytes")) is not { } text)
        {
            return (null, null);
        }

        string[][] lines = [.. text.Split('\n').Select(static line => line.Split(' ')).Where(static fields => fields.Length == 3)];
        long Sum(string kind) => lines.Where(fields => fields[1] == kind).Sum(fields => long.Parse(fields[2], CultureInfo.InvariantCulture));
        return (Sum("Read"), Sum("Write"));
    }
}
