using Containers.Engine.Cgroups;

namespace Containers;

/// <summary>Makes the module's objects of the engine's.</summary>
internal static class CgroupConversions
{
    private static readonly string[] UnitEndings = [".service", ".slice", ".scope", ".socket", ".mount", ".swap"];

    /// <summary>Makes the object of a cgroup.</summary>
    /// <param name="cgroup">The engine's.</param>
    /// <returns>The module's.</returns>
    public static Cgroup ToCgroup(this CgroupSnapshot cgroup)
    {
        var name = System.IO.Path.GetFileName(cgroup.Path);
        return new Cgroup
        {
            Path = cgroup.Path,
            Folder = [.. cgroup.Places.Select(static place => place.Folder)],
            Controller = [.. cgroup.Places.SelectMany(static place => place.Controllers).Distinct().Order(StringComparer.Ordinal)],
            ProcessId = [.. cgroup.Places.SelectMany(static place => place.ProcessIds).Distinct().Order()],
            Child = [.. cgroup.Children],
            Unit = UnitEndings.Any(ending => name.Length > ending.Length && name.EndsWith(ending, StringComparison.Ordinal)) ? name : null,
        };
    }

    /// <summary>Maps limits.</summary>
    /// <param name="limits">The engine's.</param>
    /// <param name="path">The cgroup's path.</param>
    /// <returns>The module's.</returns>
    public static CgroupLimit ToLimit(this CgroupLimits limits, string path) => new()
    {
        Path = path,
        Memory = Limit(limits.Memory),
        MemorySwap = Limit(limits.MemorySwap),
        MemoryHigh = Limit(limits.MemoryHigh),
        MemoryLow = limits.MemoryLow is 0 ? null : Limit(limits.MemoryLow),
        MemoryMin = limits.MemoryMin is 0 ? null : Limit(limits.MemoryMin),
        Cpus = limits.Cpus == decimal.MaxValue ? null : limits.Cpus,
        CpuWeight = limits.CpuWeight,
        CpuBurst = limits.CpuBurst == TimeSpan.Zero ? null : limits.CpuBurst,
        CpusetCpus = limits.CpusetCpus is { Length: > 0 } ? limits.CpusetCpus : null,
        CpusetMems = limits.CpusetMems is { Length: > 0 } ? limits.CpusetMems : null,
        PidsLimit = Limit(limits.PidsLimit),
        IoWeight = limits.IoWeight,
        Device =
        [
            .. limits.Devices.Select(static device => new CgroupDeviceLimit
            {
                Device = $"{device.Major}:{device.Minor}",
                ReadBps = Limit(device.ReadBytes),
                WriteBps = Limit(device.WriteBytes),
                ReadIops = Limit(device.ReadOperations),
                WriteIops = Limit(device.WriteOperations),
            }),
        ],
        HugePages = limits.HugePages.Where(static one => one.Value != CgroupLimits.Unlimited).ToDictionary(StringComparer.Ordinal),
    };

    /// <summary>Maps a measurement.</summary>
    /// <param name="now">The engine's.</param>
    /// <param name="before">The one before, for the rates.</param>
    /// <param name="path">The cgroup's path.</param>
    /// <returns>The module's.</returns>
    public static CgroupUsage ToUsage(this CgroupMeasurement now, CgroupMeasurement before, string path)
    {
        var seconds = (now.Time - before.Time).TotalSeconds;
        double? Rate(long? last, long? first) => last - first is { } difference && difference >= 0 && seconds > 0 ? difference / seconds : null;
        return new CgroupUsage
        {
            Path = path,
            Time = now.Time,
            CpuTime = now.CpuTime,
            CpuPercent = Rate(now.CpuTime?.Ticks, before.CpuTime?.Ticks) is { } ticks ? Math.Round(ticks / TimeSpan.TicksPerSecond * 100, 2) : null,
            CpuUser = now.CpuUser,
            CpuSystem = now.CpuSystem,
            ThrottledPeriods = now.ThrottledPeriods,
            ThrottledTime = now.ThrottledTime,
            Memory = now.Memory,
            MemoryPeak = now.MemoryPeak,
            Swap = now.Swap,
            HighEvents = now.HighEvents,
            MaxEvents = now.MaxEvents,
            OomKills = now.OomKills,
            Pids = now.Pids,
            PidsPeak = now.PidsPeak,
            PidsMaxEvents = now.PidsMaxEvents,
            IoRead = now.IoRead,
            IoWritten = now.IoWritten,
            IoReadRate = Rate(now.IoRead, before.IoRead),
            IoWriteRate = Rate(now.IoWritten, before.IoWritten),
            CpuPressure = Pressure(now.CpuPressure),
            MemoryPressure = Pressure(now.MemoryPressure),
            IoPressure = Pressure(now.IoPressure),
        };
    }

    private static long? Limit(long? value) => value == CgroupLimits.Unlimited ? null : value;

    private static CgroupPressure? Pressure(Engine.Cgroups.CgroupPressure? pressure) => pressure is null ? null : new CgroupPressure
    {
        Some10 = pressure.Some10,
        Some60 = pressure.Some60,
        Some300 = pressure.Some300,
        Full10 = pressure.Full10,
        Full60 = pressure.Full60,
        Full300 = pressure.Full300,
        SomeTotal = pressure.SomeTotal,
        FullTotal = pressure.FullTotal,
    };
}
