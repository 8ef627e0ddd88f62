using System.Globalization;
using Containers.Engine.Cgroups;
using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Engine.Tests.Cgroups;

[Trait("Kernel", "CgroupV2")]
public sealed class LifecycleTests(CgroupFixture fixture) : LifecycleTestsOf(fixture), IClassFixture<CgroupFixture>
{
    private readonly CgroupFixture fixture = fixture;

    [Fact]
    public void A_container_can_be_found_and_removed_by_another_session()
    {
        using ContainerCgroup made = fixture.Create();
        using var other = CgroupManager.Detect(fixture.Parent);

        using ContainerCgroup found = Assert.IsType<ContainerCgroup>(other.Open(made.Id));
        Assert.Equal(made.Removals.Count, found.Removals.Count);
        found.Remove();

        Assert.Null(other.Open(made.Id));
        Assert.Null(fixture.Manager.Open(made.Id));
    }

    [Fact]
    public void A_parent_that_another_session_removed_is_made_again()
    {
        string parent = fixture.Parent + "-vanishing";
        Assert.NotNull(fixture.Manager);
        using var manager = CgroupManager.Detect(parent);
        using ContainerCgroup first = manager.Create("a", new(), DevicePolicy.Default);
        using (var other = CgroupManager.Detect(parent))
        {
            Assert.False(other.RemoveParentIfEmpty());
            first.Remove();
            Assert.True(other.RemoveParentIfEmpty());
        }

        using ContainerCgroup second = manager.Create("b", new(), DevicePolicy.Default);
        Assert.NotEmpty(fixture.FoldersNamed(parent + "/b"));
        second.Remove();
        Assert.True(manager.RemoveParentIfEmpty());
    }

    [Fact]
    public void A_parent_can_lie_deeper()
    {
        string top = fixture.Parent + "-deep";
        Assert.NotNull(fixture.Manager);
        using var manager = CgroupManager.Detect(top + "/inner");
        using (ContainerCgroup cgroup = manager.Create("a", new ResourceLimits { Memory = 64 * 1024 * 1024 }, DevicePolicy.Default))
        {
            Assert.EndsWith($"/{top}/inner/a", cgroup.PathOf("memory"), StringComparison.Ordinal);
            cgroup.Remove();
        }

        Assert.True(manager.RemoveParentIfEmpty());
        foreach (string path in fixture.FoldersNamed(top))
        {
            Directory.Delete(path);
        }
    }

    [Fact]
    public void A_limit_without_its_controller_is_refused_with_the_way_to_get_it()
    {
        // A machine with nothing but one hierarchy that has no controller to limit memory with.
        string? line = File.ReadLines("/proc/self/mountinfo").FirstOrDefault(line => line.EndsWith(",pids", StringComparison.Ordinal));
        Assert.SkipWhen(line is null || !Environment.IsPrivilegedProcess, "needs root and a v1 hierarchy");
        using var manager = CgroupManager.FromMounts(fixture.Parent + "-pids", line!);

        var e = Assert.Throws<EngineException>(() => manager.Create("a", new ResourceLimits { Memory = 64 * 1024 * 1024 }, DevicePolicy.AllowAll));
        Assert.Equal((EngineErrorReason.NotSupported, "memory"), (e.Reason, e.Subject));
        Assert.Contains("mount -t cgroup -o memory", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<EngineException>(() => manager.Create("a", new(), DevicePolicy.Default));
        Assert.Equal("devices", e.Subject);
        Assert.True(manager.RemoveParentIfEmpty());
    }
}

/// <summary>What only a pure v2 machine can show.</summary>
[Trait("Kernel", "CgroupV2")]
public sealed class V2LifecycleTests(CgroupFixture fixture) : IClassFixture<CgroupFixture>
{
    [Fact]
    public void A_limit_whose_controller_the_kernel_does_not_hand_down_is_refused_with_the_reason()
    {
        Assert.SkipUnless(fixture.Manager.Version == CgroupVersion.V2, "needs a pure v2 machine");
        // A cgroup that holds a process hands nothing down.
        string top = fixture.Parent + "-busy";
        string folder = $"/sys/fs/cgroup/{top}";
        Directory.CreateDirectory(folder);
        using var run = new CgroupFixture.Run($"echo 0 > {folder}/cgroup.procs; exec sleep 60 >/dev/null 2>&1");
        Assert.True(SpinWait.SpinUntil(() => File.ReadAllText(folder + "/cgroup.procs").Length > 0, TimeSpan.FromSeconds(60)));
        using (var manager = CgroupManager.Detect(top + "/inner"))
        {
            var e = Assert.Throws<EngineException>(() => manager.Create("a", new ResourceLimits { Memory = 64 * 1024 * 1024 }, DevicePolicy.AllowAll));
            Assert.Equal((EngineErrorReason.NotSupported, "memory"), (e.Reason, e.Subject));
            Assert.Contains("EBUSY", e.Message, StringComparison.Ordinal);

            // Without a limit there is nothing in the way, and devices need no controller.
            using ContainerCgroup cgroup = manager.Create("b", new(), DevicePolicy.Default);
            Assert.Null(cgroup.OomCounter);
            Assert.Equal("domain", File.ReadAllText($"{folder}/inner/b/cgroup.type").Trim());
            cgroup.Remove();
            Assert.True(manager.RemoveParentIfEmpty());
        }

        File.WriteAllText(folder + "/cgroup.kill", "1");
        Assert.True(run.HasEnded(TimeSpan.FromSeconds(10)));
        Assert.True(SpinWait.SpinUntil(() => Files.TryRemove(Files.CurrentFolder, folder, isFolder: true) != Errno.EBUSY, TimeSpan.FromSeconds(10)));
    }
}

/// <summary>The same where no v2 hierarchy is to be seen: frozen and killed by other means.</summary>
public sealed class V1LifecycleTests(V1Fixture fixture) : LifecycleTestsOf(fixture), IClassFixture<V1Fixture>;

public abstract class LifecycleTestsOf(CgroupFixture fixture)
{
    // Forks for ever, faster than a list of processes can be read.
    private const string ForkStorm = "f() { while :; do (sleep 0.05 &); done; }; for i in 1 2 3 4; do f >/dev/null 2>&1 & done; echo started; wait";

    [Fact]
    public void Every_hierarchy_has_the_container_under_the_parent_and_none_after_removal()
    {
        using ContainerCgroup cgroup = fixture.Create();
        Assert.Equal(cgroup.Removals.Count, fixture.Folders(cgroup).Count);
        Assert.Contains("memory", fixture.Manager.Controllers);
        Assert.True(cgroup.IsEmpty);

        cgroup.Remove();
        cgroup.Remove();

        Assert.Empty(fixture.Folders(cgroup));
        Assert.Null(fixture.Manager.Open(cgroup.Id));
    }

    [Fact]
    public void A_second_container_of_the_same_id_is_refused_and_the_first_stays()
    {
        using ContainerCgroup cgroup = fixture.Create();
        int count = fixture.Folders(cgroup).Count;

        var e = Assert.Throws<EngineException>(() => fixture.Manager.Create(cgroup.Id, new(), DevicePolicy.AllowAll));

        Assert.Equal(EngineErrorReason.AlreadyExists, e.Reason);
        Assert.Equal(count, fixture.Folders(cgroup).Count);
    }

    [Fact]
    public void A_creation_that_fails_midway_leaves_nothing()
    {
        CgroupManager manager = fixture.Manager;
        using ContainerCgroup made = fixture.Create();
        // In the last hierarchy the folder is there already, left by a crash.
        string left = fixture.Folders(made)[^1].Replace($"/{made.Id}", "/left", StringComparison.Ordinal);
        Directory.CreateDirectory(left);

        Assert.Throws<EngineException>(() => manager.Create("left", new(), DevicePolicy.Default));

        Assert.Equal([left], fixture.FoldersNamed(fixture.Parent + "/left"));
        using ContainerCgroup found = Assert.IsType<ContainerCgroup>(manager.Open("left"));
        found.Kill();
        found.Remove();
        Assert.Empty(fixture.FoldersNamed(fixture.Parent + "/left"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("cgroup.procs")]
    [InlineData("monitors")]
    public void An_id_that_is_no_plain_name_is_refused(string id) =>
        Assert.Equal(EngineErrorReason.InvalidArgument, Assert.Throws<EngineException>(() => fixture.Manager.Create(id, new(), DevicePolicy.AllowAll)).Reason);

    [Fact]
    public void A_process_joins_by_the_descriptors_and_leaves_the_sessions_cgroup_everywhere()
    {
        using ContainerCgroup cgroup = fixture.Create();
        string files = string.Join(' ', cgroup.JoinDescriptors.Select(descriptor => $"/proc/{Environment.ProcessId}/fd/{descriptor.Number}"));
        // A shell cannot be cloned into a cgroup; it moves itself.
        string into = cgroup.IntoDescriptor is { } folder ? $"/proc/{Environment.ProcessId}/fd/{folder.Number}/cgroup.procs" : "";

        using var run = new CgroupFixture.Run($"for f in {files} {into}; do echo 0 > $f || exit 99; done; cat /proc/self/cgroup");
        (int exitCode, string output, _) = run.Finish();

        Assert.Equal(0, exitCode);
        foreach (string line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => into.Length > 0 || !line.StartsWith("0::", StringComparison.Ordinal)))
        {
            Assert.Contains($":/{fixture.Parent}", line, StringComparison.Ordinal);
        }

        Assert.Contains($"/{fixture.Parent}/{cgroup.Id}", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_monitor_joins_the_cgroup_beside_the_containers()
    {
        using ContainerCgroup cgroup = fixture.Create();
        string files = string.Join(' ', fixture.Manager.MonitorJoinDescriptors.Select(descriptor => $"/proc/{Environment.ProcessId}/fd/{descriptor.Number}"));
        string into = fixture.Manager.MonitorIntoDescriptor is { } folder ? $"/proc/{Environment.ProcessId}/fd/{folder.Number}/cgroup.procs" : "";

        using var run = new CgroupFixture.Run($"for f in {files} {into}; do echo 0 > $f || exit 99; done; cat /proc/self/cgroup");
        (int exitCode, string output, _) = run.Finish();

        Assert.Equal(0, exitCode);
        Assert.Contains($"/{fixture.Parent}/monitors", output, StringComparison.Ordinal);
        Assert.True(cgroup.IsEmpty);
    }

    [Fact]
    public void Killing_ends_every_process_even_while_they_fork()
    {
        using ContainerCgroup cgroup = fixture.Create(new ResourceLimits { PidsLimit = 200 });
        using CgroupFixture.Run run = fixture.Start(cgroup, ForkStorm);
        Assert.True(SpinWait.SpinUntil(() => cgroup.Processes().Count > 5, TimeSpan.FromSeconds(60)));
        Assert.False(cgroup.IsEmpty);
        Assert.Contains(run.Pid, cgroup.Processes());

        cgroup.Kill(TimeSpan.FromSeconds(60));

        Assert.True(run.HasEnded(TimeSpan.FromSeconds(10)));
        Assert.True(cgroup.IsEmpty);
        Assert.Empty(cgroup.Processes());
        cgroup.Remove();
    }

    [Fact]
    public void Killing_one_by_one_ends_every_process_even_while_they_fork()
    {
        // What kernels without cgroup.kill are left with.
        using ContainerCgroup cgroup = fixture.Create(new ResourceLimits { PidsLimit = 200 });
        using CgroupFixture.Run run = fixture.Start(cgroup, ForkStorm);
        Assert.True(SpinWait.SpinUntil(() => cgroup.Processes().Count > 5, TimeSpan.FromSeconds(60)));

        bool isEmpty = SpinWait.SpinUntil(
            () =>
            {
                cgroup.KillEach();
                return cgroup.IsEmpty;
            },
            TimeSpan.FromSeconds(60));

        Assert.True(isEmpty);
        Assert.True(run.HasEnded(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void Many_containers_are_made_and_removed_at_once()
    {
        CgroupManager manager = fixture.Manager;
        var limits = new ResourceLimits { Memory = 64 * 1024 * 1024, Cpus = 0.5m, PidsLimit = 50 };

        Parallel.For(0, 40, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            using ContainerCgroup cgroup = manager.Create($"many{i}", limits, DevicePolicy.Default);
            Assert.NotEmpty(fixture.Folders(cgroup));
            cgroup.Remove();
        });

        Assert.DoesNotContain(fixture.FoldersNamed(fixture.Parent).SelectMany(Directory.GetDirectories), path => path.Contains("/many", StringComparison.Ordinal));
    }

    [Fact]
    public void A_frozen_process_does_nothing_and_goes_on_when_thawed()
    {
        using ContainerCgroup cgroup = fixture.Create();
        string counter = Path.GetTempFileName();
        try
        {
            using CgroupFixture.Run run = fixture.Start(cgroup, $"while :; do echo x >> {counter}; sleep 0.01; done");
            Assert.True(SpinWait.SpinUntil(() => new FileInfo(counter).Length > 0, TimeSpan.FromSeconds(60)));

            cgroup.Freeze();
            long frozen = new FileInfo(counter).Length;
            Thread.Sleep(300);
            Assert.Equal(frozen, new FileInfo(counter).Length);

            cgroup.Thaw();
            Assert.True(SpinWait.SpinUntil(() => new FileInfo(counter).Length > frozen, TimeSpan.FromSeconds(60)));
            cgroup.Freeze();
            cgroup.Kill();
            Assert.True(run.HasEnded(TimeSpan.FromSeconds(10)));
        }
        finally
        {
            cgroup.Kill();
            File.Delete(counter);
        }
    }

    [Fact]
    public void Cgroups_made_inside_are_emptied_and_removed_too()
    {
        using ContainerCgroup cgroup = fixture.Create();
        foreach (string folder in fixture.Folders(cgroup))
        {
            Directory.CreateDirectory(folder + "/inner/deeper");
        }

        string joins = string.Concat(fixture.Folders(cgroup).Select(folder => $"echo 0 > {folder}/inner/deeper/cgroup.procs; "));
        using var run = new CgroupFixture.Run(joins + "exec sleep 60 >/dev/null 2>&1");
        Assert.True(SpinWait.SpinUntil(() => cgroup.Processes().Count == 1, TimeSpan.FromSeconds(60)));
        Assert.False(cgroup.IsEmpty);

        cgroup.Kill();
        cgroup.Remove();

        Assert.True(run.HasEnded(TimeSpan.FromSeconds(10)));
        Assert.Empty(fixture.Folders(cgroup));
    }

    [Fact]
    public void A_cgroup_with_a_process_is_not_removed_and_the_error_names_it()
    {
        using ContainerCgroup cgroup = fixture.Create();
        using CgroupFixture.Run run = fixture.Start(cgroup, "exec sleep 60 >/dev/null 2>&1");
        Assert.True(SpinWait.SpinUntil(() => cgroup.Processes().Count == 1, TimeSpan.FromSeconds(60)));

        var e = Assert.Throws<EngineException>(cgroup.Remove);

        Assert.Equal(EngineErrorReason.Busy, e.Reason);
        Assert.Contains(run.Pid.ToString(CultureInfo.InvariantCulture), e.Message, StringComparison.Ordinal);
        Assert.True(cgroup.Removals.All(removal => Files.TryRemove(removal.Parent.Number, removal.Name, isFolder: true) != Errno.ENOENT));
        cgroup.Kill();
    }
}
