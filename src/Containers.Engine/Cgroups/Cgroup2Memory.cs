using System.Globalization;
using Containers.Interop;

namespace Containers.Engine.Cgroups;

/// <summary>v2 <c>memory</c> (Documentation/admin-guide/cgroup-v2.rst, Memory).</summary>
internal sealed class Cgroup2Memory : ICgroupController
{
    /// <inheritdoc/>
    public string Name => "memory";

    /// <inheritdoc/>
    public bool IsPerContainer => true;

    /// <inheritdoc/>
    public IReadOnlyList<(string File, string None)> LimitFiles { get; } = [("memory.max", "max"), ("memory.swap.max", "max")];

    /// <inheritdoc/>
    public bool IsAsked(CgroupSettings settings) => settings.Limits.Memory is not null;

    /// <inheritdoc/>
    public void Apply(CgroupFolder folder, CgroupSettings settings)
    {
        if (settings.Limits.Memory is not { } bytes)
        {
            return;
        }

        folder.Set("memory.max", bytes.ToString(CultureInfo.InvariantCulture), "the memory limit", kept => MemoryLimit.IsKept(bytes, kept));

        // Swap is counted apart here. ENOENT: a kernel that does not account it, where no such limit can be had.
        folder.TrySet("memory.swap.max", "0", "the swap limit", kept => kept == "0", out Errno errno);
        if (errno is not (Errno.None or Errno.ENOENT))
        {
            throw folder.Refused($"setting the swap limit ('0' to '{folder.Path}/memory.swap.max')", errno);
        }
    }
}
