using System.Globalization;

namespace Containers.Engine.Cgroups;

/// <summary>v1 <c>pids</c>: processes and threads (Documentation/admin-guide/cgroup-v1/pids.rst).</summary>
internal sealed class Cgroup1Pids : ICgroupController
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
