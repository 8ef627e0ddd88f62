using System.Globalization;
using Containers.Interop;

namespace Containers.Engine.Cgroups;

/// <summary>Reads and writes the limits of a cgroup in one hierarchy, by the files of its version.</summary>
/// <param name="folder">The cgroup there.</param>
/// <param name="isUnified">Whether it is v2.</param>
internal sealed class CgroupLimitFiles(CgroupFolder folder, bool isUnified)
{
    // A little less on kernels with large pages.
    private const long V1Unlimited = 0x7000_0000_0000_0000;
    private const string Bfq1 = "blkio.bfq.weight", Bfq2 = "io.bfq.weight";

    /// <summary>Reads what there is, over what other hierarchies have told.</summary>
    public CgroupLimits Read(CgroupLimits known)
    {
        long? memory = Number(isUnified ? "memory.max" : "memory.limit_in_bytes");
        return known with
        {
            Memory = memory ?? known.Memory,
            MemorySwap = WithSwap(memory) ?? known.MemorySwap,
            MemoryHigh = (isUnified ? Number("memory.high") : null) ?? known.MemoryHigh,
            MemoryLow = Number(isUnified ? "memory.low" : "memory.soft_limit_in_bytes") ?? known.MemoryLow,
            MemoryMin = (isUnified ? Number("memory.min") : null) ?? known.MemoryMin,
            Cpus = Cpus() ?? known.Cpus,
            CpuWeight = (int?)(isUnified ? Number("cpu.weight") : WeightOf(Number("cpu.shares"))) ?? known.CpuWeight,
            CpuBurst = Number(isUnified ? "cpu.max.burst" : "cpu.cfs_burst_us") is { } burst ? TimeSpan.FromMicroseconds(burst) : known.CpuBurst,
            CpusetCpus = folder.Read("cpuset.cpus")?.Trim() ?? known.CpusetCpus,
            CpusetMems = folder.Read("cpuset.mems")?.Trim() ?? known.CpusetMems,
            PidsLimit = Number("pids.max") ?? known.PidsLimit,
            IoWeight = IoWeight() ?? known.IoWeight,
            Devices = [.. known.Devices, .. isUnified ? UnifiedDevices() : Throttles()],
            HugePages = HugePages(known.HugePages),
        };
    }

    /// <summary>Writes what is asked and this hierarchy has a file for.</summary>
    /// <param name="limits">What is asked.</param>
    /// <param name="set">Told the name of each limit that was set.</param>
    public void Write(CgroupLimits limits, Action<string> set)
    {
        WriteMemory(limits, set);
        if (limits.Cpus is { } cpus && Has(isUnified ? "cpu.max" : "cpu.cfs_quota_us"))
        {
            string quota = cpus == decimal.MaxValue ? isUnified ? "max" : "-1" : CpuBandwidth.QuotaOf(cpus).ToString(CultureInfo.InvariantCulture);
            if (isUnified)
            {
                folder.Set("cpu.max", $"{quota} {CpuBandwidth.Period}", "the processor limit");
            }
            else
            {
                folder.Set("cpu.cfs_period_us", Text(CpuBandwidth.Period), "the period of the processor limit");
                folder.Set("cpu.cfs_quota_us", quota, "the processor limit");
            }

            set(nameof(limits.Cpus));
        }

        Set(nameof(limits.CpuWeight), isUnified ? "cpu.weight" : "cpu.shares", limits.CpuWeight is { } weight ? isUnified ? weight : SharesOf(weight) : null, "the weight of processors", set);
        Set(nameof(limits.CpuBurst), isUnified ? "cpu.max.burst" : "cpu.cfs_burst_us", limits.CpuBurst is { } burst ? (long)burst.TotalMicroseconds : null, "the burst of processor time", set);
        SetList(nameof(limits.CpusetCpus), "cpuset.cpus", limits.CpusetCpus, "the processors", set);
        SetList(nameof(limits.CpusetMems), "cpuset.mems", limits.CpusetMems, "the memory nodes", set);
        Set(nameof(limits.PidsLimit), "pids.max", limits.PidsLimit, "the limit of processes", set);
        WriteIoWeight(limits.IoWeight, set);
        foreach (CgroupDeviceLimit device in limits.Devices)
        {
            WriteDevice(device, set);
        }

        foreach ((string size, long bytes) in limits.HugePages)
        {
            Set($"{nameof(limits.HugePages)} {size}", $"hugetlb.{size}.{(isUnified ? "max" : "limit_in_bytes")}", bytes, $"the limit of huge pages of {size}", set);
        }
    }

    /// <summary>v1's shares for v2's weight: 100 is 1024 within a thousandth, as the kernel's own defaults are.</summary>
    internal static long SharesOf(int weight) => weight == 100 ? 1024 : 2 + ((weight - 1) * 262142L / 9999);

    /// <summary>The weight of shares.</summary>
    internal static long? WeightOf(long? shares) => shares switch
    {
        null => null,
        1024 => 100,
        { } value => Math.Clamp(1 + (((value - 2) * 9999) + 131071) / 262142, 1, 10000),
    };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static long BlkioOf(int weight) => 10 + ((weight - 1) * 990L / 9999);

    private static int WeightOfBlkio(long weight) => (int)Math.Clamp(1 + ((weight - 10) * 9999 / 990), 1, 10000);

    private bool Has(string file) => folder.Read(file) is not null;

    private long? Number(string file) => folder.Read(file)?.Trim() switch
    {
        null => null,
        "max" => CgroupLimits.Unlimited,
        var text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) => number < 0 || number >= V1Unlimited ? CgroupLimits.Unlimited : number,
        _ => null,
    };

    private long? WithSwap(long? memory)
    {
        if (!isUnified)
        {
            return Number("memory.memsw.limit_in_bytes");
        }

        long? swap = Number("memory.swap.max");
        return memory is null || swap is null ? null : memory == CgroupLimits.Unlimited || swap == CgroupLimits.Unlimited ? CgroupLimits.Unlimited : memory + swap;
    }

    private decimal? Cpus()
    {
        string[] fields = (isUnified ? folder.Read("cpu.max") : $"{folder.Read("cpu.cfs_quota_us")?.Trim()} {folder.Read("cpu.cfs_period_us")}")?.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries) ?? [];
        return fields is not [var quota, var period] ? null
            : quota is "max" or "-1" ? decimal.MaxValue
            : Math.Round(decimal.Parse(quota, CultureInfo.InvariantCulture) / decimal.Parse(period, CultureInfo.InvariantCulture), 5);
    }

    private int? IoWeight()
    {
        foreach (string file in isUnified ? (string[])["io.weight", Bfq2] : ["blkio.weight", Bfq1])
        {
            string? word = folder.Read(file)?.Split('\n')[0].Split(' ')[^1];
            if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int weight))
            {
                return isUnified || file == Bfq1 ? weight : WeightOfBlkio(weight);
            }
        }

        return null;
    }

    private IEnumerable<CgroupDeviceLimit> UnifiedDevices()
    {
        foreach (string line in (folder.Read("io.max") ?? string.Empty).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields[0].Split(':') is [var major, var minor])
            {
                long? Of(string key) => fields.FirstOrDefault(field => field.StartsWith(key + "=", StringComparison.Ordinal))?[(key.Length + 1)..] switch
                {
                    null => null,
                    "max" => CgroupLimits.Unlimited,
                    var text => long.Parse(text, CultureInfo.InvariantCulture),
                };
                yield return new CgroupDeviceLimit(int.Parse(major, CultureInfo.InvariantCulture), int.Parse(minor, CultureInfo.InvariantCulture))
                {
                    ReadBytes = Of("rbps"), WriteBytes = Of("wbps"), ReadOperations = Of("riops"), WriteOperations = Of("wiops"),
                };
            }
        }
    }

    private IEnumerable<CgroupDeviceLimit> Throttles()
    {
        var found = new SortedDictionary<(int, int), CgroupDeviceLimit>();
        foreach ((string file, Func<CgroupDeviceLimit, long, CgroupDeviceLimit> with) in ((string, Func<CgroupDeviceLimit, long, CgroupDeviceLimit>)[])[
            ("read_bps_device", static (device, value) => device with { ReadBytes = value }), ("write_bps_device", static (device, value) => device with { WriteBytes = value }),
            ("read_iops_device", static (device, value) => device with { ReadOperations = value }), ("write_iops_device", static (device, value) => device with { WriteOperations = value })])
        {
            foreach (string line in (folder.Read($"blkio.throttle.{file}") ?? string.Empty).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                long[] numbers = [.. line.Split((char[])[':', ' ']).Select(static word => long.Parse(word, CultureInfo.InvariantCulture))];
                (int, int) key = ((int)numbers[0], (int)numbers[1]);
                found[key] = with(found.GetValueOrDefault(key, new CgroupDeviceLimit(key.Item1, key.Item2)), numbers[2]);
            }
        }

        return found.Values;
    }

    private Dictionary<string, long> HugePages(IReadOnlyDictionary<string, long> known)
    {
        var all = new Dictionary<string, long>(known, StringComparer.Ordinal);
        string suffix = isUnified ? ".max" : ".limit_in_bytes";
        string[] sizes = Directory.Exists("/sys/kernel/mm/hugepages") ? Directory.GetDirectories("/sys/kernel/mm/hugepages") : [];
        foreach (string name in sizes.Select(static path => SizeName(Path.GetFileName(path))))
        {
            if (Number($"hugetlb.{name}{suffix}") is { } bytes)
            {
                all[name] = bytes;
            }
        }

        return all;
    }

    /// <summary>hugepages-2048kB is 2MB to the controller.</summary>
    private static string SizeName(string folderName)
    {
        long kibibytes = long.Parse(folderName["hugepages-".Length..^"kB".Length], CultureInfo.InvariantCulture);
        return kibibytes >= 1 << 20 ? $"{kibibytes >> 20}GB" : kibibytes >= 1 << 10 ? $"{kibibytes >> 10}MB" : $"{kibibytes}KB";
    }

    private void WriteMemory(CgroupLimits limits, Action<string> set)
    {
        if (isUnified)
        {
            SetBytes(nameof(limits.Memory), "memory.max", limits.Memory, "the memory limit", set);
            if (limits.MemorySwap is { } total && Has("memory.swap.max"))
            {
                long memory = Number("memory.max") ?? CgroupLimits.Unlimited;
                if (total != CgroupLimits.Unlimited && (memory == CgroupLimits.Unlimited || total < memory))
                {
                    throw new EngineException(
                        EngineErrorReason.InvalidArgument, folder.Path, "The limit of memory and swap together is above that of memory, which must be limited too: give both.");
                }

                SetBytes(nameof(limits.MemorySwap), "memory.swap.max", total == CgroupLimits.Unlimited ? total : total - memory, "the swap limit", set);
            }

            SetBytes(nameof(limits.MemoryHigh), "memory.high", limits.MemoryHigh, "the high mark of memory", set);
            SetBytes(nameof(limits.MemoryLow), "memory.low", limits.MemoryLow, "the low mark of memory", set);
            SetBytes(nameof(limits.MemoryMin), "memory.min", limits.MemoryMin, "the minimum of memory", set);
            return;
        }

        // The limit with swap may never be below the one without.
        bool raises = limits.Memory is { } asked && limits.MemorySwap is not null && Number("memory.memsw.limit_in_bytes") is { } now && asked > now;
        if (raises)
        {
            SetBytes(nameof(limits.MemorySwap), "memory.memsw.limit_in_bytes", limits.MemorySwap, "the limit of memory and swap", set);
        }

        SetBytes(nameof(limits.Memory), "memory.limit_in_bytes", limits.Memory, "the memory limit", set);
        if (!raises)
        {
            SetBytes(nameof(limits.MemorySwap), "memory.memsw.limit_in_bytes", limits.MemorySwap, "the limit of memory and swap", set);
        }

        SetBytes(nameof(limits.MemoryLow), "memory.soft_limit_in_bytes", limits.MemoryLow, "the low mark of memory", set);
    }

    private void SetBytes(string name, string file, long? bytes, string what, Action<string> set)
    {
        if (bytes is { } value && Has(file))
        {
            folder.Set(file, value == CgroupLimits.Unlimited ? isUnified ? "max" : "-1" : Text(value), what, kept => value == CgroupLimits.Unlimited
                ? kept == "max" || (long.TryParse(kept, CultureInfo.InvariantCulture, out long rest) && rest >= V1Unlimited)
                : MemoryLimit.IsKept(value, kept));
            set(name);
        }
    }

    private void Set(string name, string file, long? number, string what, Action<string> set)
    {
        if (number is { } value && Has(file))
        {
            folder.Set(file, value != CgroupLimits.Unlimited ? Text(value) : file == "pids.max" || isUnified ? "max" : "-1", what, value == CgroupLimits.Unlimited ? static _ => true : null);
            set(name);
        }
    }

    private void SetList(string name, string file, string? list, string what, Action<string> set)
    {
        if (list is not null && Has(file))
        {
            // The kernel writes ranges in its own way.
            folder.Set(file, list.Length == 0 ? "\n" : list, what, kept => kept.Length > 0 == list.Length > 0);
            set(name);
        }
    }

    private void WriteIoWeight(int? asked, Action<string> set)
    {
        if (asked is not { } weight)
        {
            return;
        }

        foreach (string file in isUnified ? (string[])["io.weight", Bfq2] : ["blkio.weight", Bfq1])
        {
            if (Has(file))
            {
                // That scheduler knows weights up to 1000.
                long value = file is Bfq1 or Bfq2 ? Math.Min(weight, 1000) : isUnified ? weight : BlkioOf(weight);
                folder.Write(file, isUnified ? $"default {Text(value)}" : Text(value), "setting the weight of disks");
                set(nameof(CgroupLimits.IoWeight));
                return;
            }
        }
    }

    private void WriteDevice(CgroupDeviceLimit device, Action<string> set)
    {
        string name = $"{device.Major}:{device.Minor}";
        (string V2, string V1, long? Value)[] all =
        [
            ("rbps", "read_bps_device", device.ReadBytes), ("wbps", "write_bps_device", device.WriteBytes), ("riops", "read_iops_device", device.ReadOperations),
            ("wiops", "write_iops_device", device.WriteOperations),
        ];
        foreach ((string v2, string v1, long? value) in all.Where(static one => one.Value is not null))
        {
            string file = isUnified ? "io.max" : $"blkio.throttle.{v1}";
            if (Has(file))
            {
                // v1 takes 0 for no limit.
                string text = value != CgroupLimits.Unlimited ? Text(value!.Value) : isUnified ? "max" : "0";
                folder.Write(file, isUnified ? $"{name} {v2}={text}" : $"{name} {text}", $"limiting the device {name}");
                set($"{nameof(CgroupLimits.Devices)} {name}");
            }
        }
    }
}
