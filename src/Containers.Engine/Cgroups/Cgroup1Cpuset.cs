using Containers.Interop;

namespace Containers.Engine.Cgroups;

/// <summary>v1 <c>cpuset</c>: a new cgroup there has neither processors nor memory nodes, and no process can join it until it has.</summary>
internal sealed class Cgroup1Cpuset : ICgroupController
{
    /// <inheritdoc/>
    public string Name => "cpuset";

    /// <inheritdoc/>
    public bool IsPerContainer => false;

    /// <inheritdoc/>
    public bool IsAsked(CgroupSettings settings) => false;

    /// <inheritdoc/>
    public void Prepare(CgroupFolder above, CgroupFolder folder)
    {
        Copy("cpuset.cpus", above, folder);
        Copy("cpuset.mems", above, folder);
        // Cgroups made below get a copy of these by themselves.
        folder.Write("cgroup.clone_children", "1", "letting new cgroups inherit processors and memory nodes");
    }

    /// <inheritdoc/>
    public void Apply(CgroupFolder folder, CgroupSettings settings)
    {
    }

    private static void Copy(string file, CgroupFolder above, CgroupFolder folder)
    {
        if (string.IsNullOrWhiteSpace(folder.Read(file)))
        {
            string value = above.Read(file)?.TrimEnd() ?? throw above.Refused($"reading '{above.Path}/{file}'", Errno.ENOENT);
            folder.Write(file, value, "copying processors and memory nodes from the cgroup above");
        }
    }
}
