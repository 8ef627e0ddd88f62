using System.Globalization;

namespace Containers.Engine.Cgroups;

/// <summary>v1 <c>cpu</c>: CFS bandwidth (Documentation/scheduler/sched-bwc.rst).</summary>
internal sealed class Cgroup1Cpu : ICgroupController
{
    /// <inheritdoc/>
    public string Name => "cpu";

    /// <inheritdoc/>
    public bool IsPerContainer => true;

    /// <inheritdoc/>
    public IReadOnlyList<(string File, string None)> LimitFiles { get; } = [("cpu.cfs_quota_us", "-1")];

    /// <inheritdoc/>
    public bool IsAsked(CgroupSettings settings) => settings.Limits.Cpus is not null;

    /// <inheritdoc/>
    public void Apply(CgroupFolder folder, CgroupSettings settings)
    {
        if (settings.Limits.Cpus is not { } processors)
        {
            return;
        }

        folder.Set("cpu.cfs_period_us", CpuBandwidth.Period.ToString(CultureInfo.InvariantCulture), "the period of the processor limit");
        folder.Set("cpu.cfs_quota_us", CpuBandwidth.QuotaOf(processors).ToString(CultureInfo.InvariantCulture), "the processor limit");
    }
}
