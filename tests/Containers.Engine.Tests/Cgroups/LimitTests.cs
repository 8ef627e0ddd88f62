using System.Diagnostics;
using System.Globalization;
using Containers.Engine.Cgroups;
using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Cgroups;

[Trait("Kernel", "CgroupV2")]
public sealed class LimitTests(CgroupFixture fixture) : LimitTestsOf(fixture), IClassFixture<CgroupFixture>;

/// <summary>The same where no v2 hierarchy is to be seen.</summary>
public sealed class V1LimitTests(V1Fixture fixture) : LimitTestsOf(fixture), IClassFixture<V1Fixture>;

public abstract class LimitTestsOf(CgroupFixture fixture)
{
    private const long MiB = 1024 * 1024;
    private const int Killed = 128 + 9;

    // Holds COUNT mebibytes in a shell's memory: dd's buffer is anonymous memory that it touches wholly.
    private static string Use(int mebibytes) => $"dd if=/dev/zero of=/dev/null bs={mebibytes}M count=1 2>/dev/null";

    [Fact]
    public void A_process_that_takes_more_memory_than_the_limit_is_killed_and_counted()
    {
        using ContainerCgroup cgroup = fixture.Create(new ResourceLimits { Memory = 32 * MiB });
        Assert.Equal(0, cgroup.OomKills());

        (int exitCode, _, _) = fixture.RunIn(cgroup, Use(128));

        Assert.Equal(Killed, exitCode);
        Assert.Equal(1, cgroup.OomKills());
    }

    [Fact]
    public void A_process_that_stays_below_the_memory_limit_lives()
    {
        using ContainerCgroup cgroup = fixture.Create(new ResourceLimits { Memory = 64 * MiB });

        (int exitCode, _, string error) = fixture.RunIn(cgroup, Use(16));

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Equal(0, cgroup.OomKills());
    }

    [Fact]
    public void The_memory_limit_gives_no_swap_beyond_it()
    {
        using ContainerCgroup cgroup = fixture.Create(new ResourceLimits { Memory = 32 * MiB });
        string folder = cgroup.PathOf("memory")!;

        string file = new[] { "memory.swap.max", "memory.memsw.limit_in_bytes" }.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists) ?? "";
        Assert.SkipWhen(file.Length == 0, "this kernel does not account swap");
        Assert.Equal(file.EndsWith("swap.max", StringComparison.Ordinal) ? 0 : 32 * MiB, long.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture));
    }

    [Fact]
    public void A_process_beyond_the_limit_of_processes_cannot_be_forked()
    {
        using ContainerCgroup cgroup = fixture.Create(new ResourceLimits { PidsLimit = 4 });

        (int exitCode, string output, string error) = fixture.RunIn(cgroup, "for i in 1 2 3 4 5 6; do sleep 30 >/dev/null 2>&1 & echo $i; done");

        Assert.NotEqual(0, exitCode);
        Assert.Equal("1\n2\n3\n", output);
        Assert.Contains("fork", error, StringComparison.OrdinalIgnoreCase);
        Assert.NotEqual("max 0", File.ReadAllText(Path.Combine(cgroup.PathOf("pids")!, "pids.events")).Trim());
        cgroup.Kill();
    }

    [Fact]
    public void A_busy_process_gets_no_more_processor_time_than_the_limit()
    {
        using ContainerCgroup cgroup = fixture.Create(new ResourceLimits { Cpus = 0.05m });
        using CgroupFixture.Run run = fixture.Start(cgroup, "echo ready; while :; do :; done");
        Assert.True(SpinWait.SpinUntil(() => cgroup.Processes().Count > 0 && Throttled(cgroup) > 0, TimeSpan.FromSeconds(30)));

        TimeSpan before = ProcessorTime(run.Pid);
        long watch = Stopwatch.GetTimestamp();
        Thread.Sleep(2000);
        TimeSpan used = ProcessorTime(run.Pid) - before;
        double share = used / Stopwatch.GetElapsedTime(watch);

        // Clock ticks of 10 ms and a period of 100 ms blur it. So low that the limit is reached on a busy machine too.
        Assert.InRange(share, 0.0, 0.15);
        Assert.True(Throttled(cgroup) > 5);
        cgroup.Kill();
    }

    [Fact]
    public void The_limits_of_a_living_cgroup_can_be_raised_and_lowered()
    {
        using ContainerCgroup cgroup = fixture.Create(new ResourceLimits { Memory = 32 * MiB, PidsLimit = 10, Cpus = 0.5m });

        cgroup.SetLimits(new ResourceLimits { Memory = 256 * MiB, PidsLimit = 20 });
        Assert.Equal(0, fixture.RunIn(cgroup, Use(128)).ExitCode);

        cgroup.SetLimits(new ResourceLimits { Memory = 16 * MiB, Cpus = 1m });
        Assert.Equal(Killed, fixture.RunIn(cgroup, Use(128)).ExitCode);
        Assert.Equal("20", File.ReadAllText(Path.Combine(cgroup.PathOf("pids")!, "pids.max")).Trim());
    }

    [Fact]
    public void A_limit_that_no_kernel_could_keep_is_refused_before_anything_is_made()
    {
        foreach (ResourceLimits limits in new ResourceLimits[]
        {
            new() { Memory = (6 * MiB) - 1 }, new() { Memory = -1 }, new() { Cpus = 0.009m }, new() { Cpus = 0m }, new() { Cpus = 100_000m },
            new() { PidsLimit = 0 }, new() { PidsLimit = -1 },
        })
        {
            var e = Assert.Throws<EngineException>(() => fixture.Manager.Create("refused", limits, DevicePolicy.AllowAll));
            Assert.Equal(EngineErrorReason.InvalidArgument, e.Reason);
        }

        Assert.Null(fixture.Manager.Open("refused"));
    }

    [Fact]
    public void The_smallest_and_largest_limits_are_kept()
    {
        using ContainerCgroup cgroup = fixture.Create(new ResourceLimits { Memory = 6 * MiB, Cpus = 0.01m, PidsLimit = 1 });
        cgroup.SetLimits(new ResourceLimits { Memory = (1L << 40) + 1, Cpus = CpuBandwidth.OnlineProcessors, PidsLimit = 4_000_000 });
        Assert.Equal("4000000", File.ReadAllText(Path.Combine(cgroup.PathOf("pids")!, "pids.max")).Trim());
    }

    private static long Throttled(ContainerCgroup cgroup) =>
        long.Parse(
            File.ReadLines(Path.Combine(cgroup.PathOf("cpu")!, "cpu.stat")).First(line => line.StartsWith("nr_throttled ", StringComparison.Ordinal)).Split(' ')[1],
            CultureInfo.InvariantCulture);

    private static TimeSpan ProcessorTime(int pid)
    {
        using var process = Process.GetProcessById(pid);
        return process.TotalProcessorTime;
    }
}
