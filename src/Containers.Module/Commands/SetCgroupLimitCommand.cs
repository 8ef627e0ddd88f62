using System.Collections;
using System.Management.Automation;
using Containers.Arguments;
using Containers.Engine.Cgroups;

namespace Containers.Commands;

/// <summary>Changes the limits of cgroups. [cgset]</summary>
/// <remarks>
/// <para>
/// The same parameters for v1 and v2; what is not given stays. Unlimited takes a limit away. A limit that no hierarchy of the cgroup can keep is an error that tells why. A
/// container's limits are better changed with Set-Container, which keeps them for its next start.
/// </para>
/// <para>
/// Where v1 counts otherwise, it is converted: -CpuWeight w is cpu.shares 2 + (w - 1) * 262142 / 9999, 100 being 1024; -IoWeight w is blkio.weight 10 + (w - 1) * 990 / 9999;
/// -MemorySwap is memory and swap together, v2's memory.swap.max with memory.max.
/// </para>
/// </remarks>
[Cmdlet(VerbsCommon.Set, "CgroupLimit", SupportsShouldProcess = true, DefaultParameterSetName = "Path")]
[OutputType(typeof(CgroupLimit))]
public sealed class SetCgroupLimitCommand : CgroupTargetCommand
{
    /// <summary>Memory, as 512MB or '512m'; Unlimited for no limit. Processes are killed where it does not suffice.</summary>
    [Parameter]
    [LimitArgument(IsSize = true)]
    public long? Memory { get; set; }

    /// <summary>Memory and swap together; not less than -Memory.</summary>
    [Parameter]
    [LimitArgument(IsSize = true)]
    public long? MemorySwap { get; set; }

    /// <summary>Memory above which processes are slowed down and it is reclaimed. v2 alone.</summary>
    [Parameter]
    [LimitArgument(IsSize = true)]
    public long? MemoryHigh { get; set; }

    /// <summary>Memory that is reclaimed only where nothing else can be; 0 for none.</summary>
    [Parameter]
    [LimitArgument(IsSize = true)]
    public long? MemoryLow { get; set; }

    /// <summary>Memory that is never reclaimed; 0 for none. v2 alone.</summary>
    [Parameter]
    [LimitArgument(IsSize = true)]
    public long? MemoryMin { get; set; }

    /// <summary>Processors, as 0.5 or 2; at least 0.01. Unlimited for no limit.</summary>
    [Parameter]
    [LimitOfCpusArgument]
    public decimal? Cpus { get; set; }

    /// <summary>The share of processors where they are scarce, 1 to 10000; 100 by default.</summary>
    [Parameter]
    [ValidateRange(1, 10000)]
    public int? CpuWeight { get; set; }

    /// <summary>Processor time that may be saved up and used at once, at most a period's: '50ms'.</summary>
    [Parameter]
    [DurationArgument]
    public TimeSpan? CpuBurst { get; set; }

    /// <summary>The processors that may be used: '0-3,8'.</summary>
    [Parameter]
    public string? CpusetCpus { get; set; }

    /// <summary>The memory nodes that may be used: '0'.</summary>
    [Parameter]
    public string? CpusetMems { get; set; }

    /// <summary>Processes and threads; Unlimited for no limit.</summary>
    [Parameter]
    [LimitArgument]
    public long? PidsLimit { get; set; }

    /// <summary>The share of disks where they are busy, 1 to 10000; 100 by default. It takes a scheduler of the disk that knows weights.</summary>
    [Parameter]
    [ValidateRange(1, 10000)]
    public int? IoWeight { get; set; }

    /// <summary>Bytes read a second from block devices: '/dev/sda:10MB'.</summary>
    [Parameter]
    [DeviceLimitArgument(IsSize = true)]
    public string[] DeviceReadBps { get; set; } = [];

    /// <summary>Bytes written a second to block devices.</summary>
    [Parameter]
    [DeviceLimitArgument(IsSize = true)]
    public string[] DeviceWriteBps { get; set; } = [];

    /// <summary>Reads a second from block devices: '/dev/sda:1000'.</summary>
    [Parameter]
    [DeviceLimitArgument]
    public string[] DeviceReadIops { get; set; } = [];

    /// <summary>Writes a second to block devices.</summary>
    [Parameter]
    [DeviceLimitArgument]
    public string[] DeviceWriteIops { get; set; } = [];

    /// <summary>Huge pages by their size: @{ '2MB' = 64MB }.</summary>
    [Parameter]
    public Hashtable? HugePages { get; set; }

    /// <summary>Writes the limits as the kernel keeps them to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var limits = Limits();
        Each(cgroup =>
        {
            if (!ShouldProcess(cgroup.Path, "Change the limits of the cgroup"))
            {
                return;
            }

            var kept = Control.SetLimits(cgroup, limits);
            if (PassThru)
            {
                WriteObject(kept.ToLimit(cgroup.Path));
            }
        });
    }

    private CgroupLimits Limits() => new()
    {
        Memory = Memory,
        MemorySwap = MemorySwap,
        MemoryHigh = MemoryHigh,
        MemoryLow = MemoryLow,
        MemoryMin = MemoryMin,
        Cpus = Cpus,
        CpuWeight = CpuWeight,
        CpuBurst = CpuBurst,
        CpusetCpus = CpusetCpus,
        CpusetMems = CpusetMems,
        PidsLimit = PidsLimit,
        IoWeight = IoWeight,
        Devices = Devices(),
        HugePages = (HugePages ?? []).Cast<DictionaryEntry>().ToDictionary(
            static one => $"{one.Key}", static one => LimitArgumentAttribute.Read(one.Value is PSObject wrapped ? wrapped.BaseObject : one.Value, $"{one.Value}", isSize: true), StringComparer.Ordinal),
    };

    private List<Engine.Cgroups.CgroupDeviceLimit> Devices()
    {
        var all = new Dictionary<(int, int), Engine.Cgroups.CgroupDeviceLimit>();
        Add(DeviceReadBps, static (device, limit) => device with { ReadBytes = limit });
        Add(DeviceWriteBps, static (device, limit) => device with { WriteBytes = limit });
        Add(DeviceReadIops, static (device, limit) => device with { ReadOperations = limit });
        Add(DeviceWriteIops, static (device, limit) => device with { WriteOperations = limit });
        return [.. all.Values];

        void Add(string[] texts, Func<Engine.Cgroups.CgroupDeviceLimit, long, Engine.Cgroups.CgroupDeviceLimit> with)
        {
            foreach (var (major, minor, limit) in texts.Select(DeviceLimitArgumentAttribute.Read))
            {
                all[(major, minor)] = with(all.GetValueOrDefault((major, minor), new Engine.Cgroups.CgroupDeviceLimit(major, minor)), limit);
            }
        }
    }
}
