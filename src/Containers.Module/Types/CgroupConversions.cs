using Containers.Engine.Cgroups;

namespace Containers;

/// <summary>Makes the module's objects of the engine's.</summary>
internal static class CgroupConversions
{
    private static readonly string[] UnitEndings = [".service", ".slice", ".scope", ".socket", ".mount", ".swap"];

    /// <summary>Makes the object of a cgroup.</summary>
    /// <param name="cgroup">The engine's.</param>
    /// <returns>The module's.</returns>
    public static Cgroup ToCgroup(this CgroupSnapshot cgroup)
    {
        var name = System.IO.Path.GetFileName(cgroup.Path);
        return new Cgroup
        {
            Path = cgroup.Path,
            Folder = [.. cgroup.Places.Select(static place => place.Folder)],
            Controller = [.. cgroup.Places.SelectMany(static place => place.Controllers).Distinct().Order(StringComparer.Ordinal)],
            ProcessId = [.. cgroup.Places.SelectMany(static place => place.ProcessIds).Distinct().Order()],
            Child = [.. cgroup.Children],
            Unit = UnitEndings.Any(ending => name.Length > ending.Length && name.EndsWith(ending, StringComparison.Ordinal)) ? name : null,
        };
    }
}
