using Containers.Interop;

namespace Containers.Engine.Cgroups;

/// <summary>The limits of a cgroup as they were before a change, to be put back where it fails.</summary>
internal sealed class SavedLimits
{
    private readonly List<(CgroupFolder Folder, string File, string Value)> values = [];

    /// <summary>Reads the limits that the given controllers keep; a file that this kernel does not have is passed over.</summary>
    /// <param name="controllers">The controllers, with the container's cgroup of each.</param>
    public SavedLimits(IEnumerable<(ICgroupController Controller, CgroupFolder Folder)> controllers)
    {
        foreach ((ICgroupController controller, CgroupFolder folder) in controllers)
        {
            foreach ((string file, _) in controller.LimitFiles)
            {
                if (folder.Read(file) is { } value)
                {
                    values.Add((folder, file, value.TrimEnd()));
                }
            }
        }
    }

    /// <summary>
    /// Puts them back as far as the kernel lets it: of two that must not exceed one another the order that works depends on what was changed, so those that
    /// were refused are tried again after the others.
    /// </summary>
    public void Restore()
    {
        foreach ((CgroupFolder folder, string file, string value) in Enumerable.Reverse(values).Concat(values))
        {
            if (folder.Read(file)?.TrimEnd() != value)
            {
                _ = folder.TryWrite(file, value);
            }
        }
    }
}
