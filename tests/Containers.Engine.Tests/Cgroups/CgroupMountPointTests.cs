using Containers.Engine.Cgroups;

namespace Containers.Engine.Tests.Cgroups;

public sealed class CgroupMountPointTests
{
    private const string Tmpfs = "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n";

    [Fact]
    public void A_pure_v2_machine_has_the_unified_hierarchy_alone()
    {
        IReadOnlyList<CgroupMountPoint> mounts = CgroupMountPoint.Parse(
            "22 1 0:21 / / rw - ext4 /dev/sda rw\n35 24 0:30 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");

        CgroupMountPoint mount = Assert.Single(mounts);
        Assert.True(mount.IsUnified);
        Assert.Equal("/sys/fs/cgroup", mount.Path);
        Assert.Equal(CgroupVersion.V2, CgroupMountPoint.VersionOf(mounts));
    }

    [Fact]
    public void Controllers_mounted_together_are_one_hierarchy()
    {
        IReadOnlyList<CgroupMountPoint> mounts = CgroupMountPoint.Parse(
            Tmpfs + "40 31 0:35 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:12 master:3 - cgroup cgroup rw,xattr,cpu,cpuacct\n"
            + "41 31 0:36 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/lib/agent,name=systemd\n");

        Assert.Equal(CgroupVersion.V1, CgroupMountPoint.VersionOf(mounts));
        Assert.Equal(["cpu", "cpuacct"], mounts[0].Controllers);
        Assert.Null(mounts[0].Name);
        Assert.Empty(mounts[1].Controllers);
        Assert.Equal("systemd", mounts[1].Name);
    }

    [Fact]
    public void A_hybrid_machine_has_the_unified_hierarchy_first()
    {
        IReadOnlyList<CgroupMountPoint> mounts = CgroupMountPoint.Parse(
            Tmpfs + "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
            + "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n");

        Assert.Equal(CgroupVersion.Hybrid, CgroupMountPoint.VersionOf(mounts));
        Assert.Equal(["/sys/fs/cgroup/unified", "/sys/fs/cgroup/memory"], mounts.Select(mount => mount.Path));
    }

    [Fact]
    public void Escaped_characters_of_paths_are_read()
    {
        CgroupMountPoint mount = Assert.Single(CgroupMountPoint.Parse(
            "35 31 0:32 /a\\040b /mnt/c\\134d\\011e\\012f\\043\\303\\266 rw - cgroup2 none rw\n"));

        Assert.Equal("/mnt/c\\d\te\nf#\u00f6", mount.Path);
        Assert.Equal("/a b", mount.Root);
    }

    [Fact]
    public void A_hierarchy_mounted_several_times_is_taken_where_it_is_whole_and_at_the_usual_place()
    {
        CgroupMountPoint mount = Assert.Single(CgroupMountPoint.Parse(
            "50 1 0:32 /docker/abc /mnt/part rw - cgroup cgroup rw,memory\n"
            + "51 1 0:32 / /mnt/whole rw - cgroup cgroup rw,memory\n"
            + "52 1 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
            + "53 1 0:32 / /mnt/other rw - cgroup cgroup rw,memory\n"));

        Assert.Equal("/sys/fs/cgroup/memory", mount.Path);
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage\n- - -\n1 2 3 4 5 6 7\n")]
    [InlineData("35 31 0:32 / /sys/fs/cgroup rw - cgroup2\n")]
    [InlineData("35 31 0:32 / /cgroup2 rw - tmpfs cgroup2 rw\n")]
    public void A_text_without_hierarchies_gives_none(string mountinfo)
    {
        IReadOnlyList<CgroupMountPoint> mounts = CgroupMountPoint.Parse(mountinfo);

        Assert.Empty(mounts);
        Assert.Null(CgroupMountPoint.VersionOf(mounts));
        Assert.Equal(EngineErrorReason.NotSupported, Assert.Throws<EngineException>(() => CgroupManager.FromMounts("p", mountinfo)).Reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/absolute")]
    [InlineData("a//b")]
    [InlineData("../up")]
    [InlineData("with space")]
    public void A_parent_that_is_no_plain_relative_path_is_refused(string parent)
    {
        var e = Assert.Throws<EngineException>(() => CgroupManager.FromMounts(parent, "35 24 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"));
        Assert.Equal(EngineErrorReason.InvalidConfiguration, e.Reason);
    }

    [Fact]
    public void Containers_are_shown_one_mount_on_v2()
    {
        using var manager = CgroupManager.FromMounts("p", "35 24 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");

        Assert.Equal([new CgroupMount("", "cgroup2", "")], manager.Mounts);
        Assert.Empty(manager.Links);
    }

    [Fact]
    public void Containers_are_shown_each_useful_hierarchy_on_v1_with_links_for_joint_ones()
    {
        using var manager = CgroupManager.FromMounts(
            "p",
            Tmpfs + "40 31 0:35 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
            + "41 31 0:36 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
            + "42 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
            + "43 31 0:38 / /sys/fs/cgroup/net_cls rw - cgroup cgroup rw,net_cls\n"
            + "44 31 0:39 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");

        Assert.Equal(
            [new CgroupMount("unified", "cgroup2", ""), new CgroupMount("cpu,cpuacct", "cgroup", "cpu,cpuacct"), new CgroupMount("cpuset", "cgroup", "cpuset")],
            manager.Mounts);
        Assert.Equal([("cpu", "cpu,cpuacct"), ("cpuacct", "cpu,cpuacct")], manager.Links);
    }
}
