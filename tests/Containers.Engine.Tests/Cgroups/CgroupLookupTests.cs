using Containers.Engine.Cgroups;

namespace Containers.Engine.Tests.Cgroups;

[Trait("Kernel", "CgroupV2")]
public sealed class CgroupLookupTests : IDisposable
{
    private readonly string parent = $"pscontainers-test-{Guid.NewGuid():N}";
    private readonly CgroupLookup lookup = CgroupLookup.Detect();
    private readonly List<string> made = [];

    public void Dispose()
    {
        foreach (string folder in made)
        {
            CgroupTree.Remove(folder);
        }
    }

    [Fact]
    public void The_root_is_in_every_hierarchy_that_is_mounted()
    {
        string[] mounts = [.. CgroupMountPoint.Parse(File.ReadAllText("/proc/self/mountinfo")).Select(mount => mount.Path)];

        Assert.Equal(mounts, lookup.Get("/").Places.Select(place => place.Folder));
    }

    [Fact]
    public void A_process_is_in_the_cgroups_that_the_kernel_says()
    {
        IReadOnlyList<CgroupSnapshot> found = lookup.OfProcess(Environment.ProcessId);

        string[] paths = [.. File.ReadAllLines("/proc/self/cgroup").Select(line => line.Split(':', 3)[2]).Distinct()];
        Assert.NotEmpty(found);
        Assert.All(found, cgroup => Assert.Contains(cgroup.Path, paths));
        Assert.All(found.SelectMany(cgroup => cgroup.Places), place => Assert.Contains(Environment.ProcessId, place.ProcessIds));
    }

    [Fact]
    public void One_path_is_one_cgroup_with_the_hierarchies_that_have_it_and_what_is_below()
    {
        string[] roots = [.. lookup.Get("/").Places.Take(2).Select(place => place.MountPoint)];
        foreach (string root in roots)
        {
            made.Add(Directory.CreateDirectory($"{root}/{parent}").FullName);
        }

        Directory.CreateDirectory($"{roots[0]}/{parent}/b/c");
        Directory.CreateDirectory($"{roots[^1]}/{parent}/a");

        CgroupSnapshot cgroup = lookup.Get(parent);

        Assert.Equal("/" + parent, cgroup.Path);
        Assert.Equal(roots.Select(root => $"{root}/{parent}"), cgroup.Places.Select(place => place.Folder));
        Assert.Equal(["a", "b"], cgroup.Children);
        Assert.Equal([$"/{parent}/a", $"/{parent}/b", $"/{parent}/b/c"], lookup.Below(cgroup).Select(below => below.Path));
        Assert.Equal("/" + parent, lookup.Get($"{roots[0]}/{parent}/").Path);
    }

    [Theory]
    [InlineData("/a/../b")]
    [InlineData("./a")]
    public void A_path_that_leads_back_is_refused(string path) =>
        Assert.Equal(EngineErrorReason.InvalidArgument, Assert.Throws<EngineException>(() => lookup.Get(path)).Reason);

    [Fact]
    public void A_cgroup_that_is_not_there_is_not_found() =>
        Assert.Equal(EngineErrorReason.NotFound, Assert.Throws<EngineException>(() => lookup.Get(parent)).Reason);
}
