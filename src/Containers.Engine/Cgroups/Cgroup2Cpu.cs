using System.Globalization;

namespace Containers.Engine.Cgroups;

/// <summary>v2 <c>cpu</c> (Documentation/admin-guide/cgroup-v2.rst, CPU).</summary>
internal sealed class Cgroup2Cpu : ICgroupController
{
    /// <inheritdoc/>
    public string Name => "cpu";

    /// <inheritdoc/>
    public bool IsPerContainer => true;

    /// <inheritdoc/>
    public IReadOnlyList<(string File, string None)> LimitFiles { get; } = [("cpu.max", string.Create(CultureInfo.InvariantCulture, $"max {CpuBandwidth.Period}"))];

    /// <inheritdoc/>
    public bool IsAsked(CgroupSettings settings) => settings.Limits.Cpus is not null;

    /// <inheritdoc/>
    public void Apply(CgroupFolder folder, CgroupSettings settings)
    {
        if (settings.Limits.Cpus is { } processors)
        {
            string value = string.Create(CultureInfo.InvariantCulture, $"{CpuBandwidth.QuotaOf(processors)} {CpuBandwidth.Period}");
            folder.Set("cpu.max", value, "the processor limit");
        }
    }
}
