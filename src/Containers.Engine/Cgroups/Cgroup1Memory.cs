using System.Globalization;
using Containers.Interop;

namespace Containers.Engine.Cgroups;

/// <summary>v1 <c>memory</c> (Documentation/admin-guide/cgroup-v1/memory.rst).</summary>
internal sealed class Cgroup1Memory : ICgroupController
{
    private const string Limit = "memory.limit_in_bytes";
    private const string LimitWithSwap = "memory.memsw.limit_in_bytes";

    /// <inheritdoc/>
    public string Name => "memory";

    /// <inheritdoc/>
    public bool IsPerContainer => true;

    /// <inheritdoc/>
    public IReadOnlyList<(string File, string None)> LimitFiles { get; } = [(Limit, "-1"), (LimitWithSwap, "-1")];

    /// <inheritdoc/>
    public bool IsAsked(CgroupSettings settings) => settings.Limits.Memory is not null;

    /// <inheritdoc/>
    public void Prepare(CgroupFolder above, CgroupFolder folder)
    {
        // Before Linux 5.11 a cgroup counts what is below it only if told so, and only before it has children. Since then it always does.
        if (folder.Read("memory.use_hierarchy")?.TrimEnd() == "0")
        {
            folder.Write("memory.use_hierarchy", "1", "counting the memory of cgroups further down");
        }
    }

    /// <inheritdoc/>
    public void Apply(CgroupFolder folder, CgroupSettings settings)
    {
        if (settings.Limits.Memory is not { } bytes)
        {
            return;
        }

        string value = bytes.ToString(CultureInfo.InvariantCulture);
        bool IsKept(string kept) => MemoryLimit.IsKept(bytes, kept);

        // The limit with swap may never be below the one without: a new cgroup's is unlimited, but to raise both the former goes first.
        folder.TrySet(Limit, value, "the memory limit", IsKept, out Errno errno);
        if (errno == Errno.EINVAL)
        {
            SetWithSwap(folder, value, IsKept);
            folder.Set(Limit, value, "the memory limit", IsKept);
        }
        else if (errno != Errno.None)
        {
            throw folder.Refused($"setting the memory limit ('{value}' to '{folder.Path}/{Limit}')", errno);
        }
        else
        {
            SetWithSwap(folder, value, IsKept);
        }
    }

    private static void SetWithSwap(CgroupFolder folder, string value, Func<string, bool> isKept)
    {
        folder.TrySet(LimitWithSwap, value, "the limit of memory and swap", isKept, out Errno errno);
        // ENOENT: a kernel that does not account swap (CONFIG_SWAP off, swapaccount=0), where no such limit can be had.
        if (errno is not (Errno.None or Errno.ENOENT))
        {
            throw folder.Refused($"setting the limit of memory and swap ('{value}' to '{folder.Path}/{LimitWithSwap}')", errno);
        }
    }
}
