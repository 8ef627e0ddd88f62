using System.Globalization;

namespace Containers.Engine.Cgroups;

/// <summary>v2 <c>pids</c>: processes and threads (Documentation/admin-guide/cgroup-v2.rst, PID).</summary>
internal sealed class Cgroup2Pids : ICgroupController
{
    /// <inheritdoc/>
    public string Name => "pids";

    /// <inheritdoc/>
    public bool IsPerContainer => true;

    /// <inheritdoc/>
    public IReadOnlyList<(string File, string None)> LimitFiles { get; } = [("pids.max", "max")];

    /// <inheritdoc/>
    public bool IsAsked(CgroupSettings settings) => settings.Limits.PidsLimit is not null;

    /// <inheritdoc/>
    public void Apply(CgroupFolder folder, CgroupSettings settings)
    {
        if (settings.Limits.PidsLimit is { } limit)
        {
            folder.Set("pids.max", limit.ToString(CultureInfo.InvariantCulture), "the limit of processes");
        }
    }
}
