using Containers.Engine.Measuring;
using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Runtime;

/// <summary>What containers use, measured against what they were made to use.</summary>
public sealed class ContainerUsageTests : IDisposable
{
    private readonly EngineFixture fixture = new();

    private ContainerEngine Engine => fixture.Engine;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Processor_time_is_measured_between_two_readings_and_obeys_the_limit()
    {
        ContainerSnapshot busy = Start("while :; do :; done", new ResourceLimits { Cpus = 0.2m });
        ContainerSnapshot idle = Start("sleep 1000", new ResourceLimits());
        UsageMeter meter = Engine.OpenMeter();
        Assert.All(meter.Read([busy.Id, idle.Id]), usage => Assert.Null(usage.CpuPercent));
        Thread.Sleep(1500);

        IReadOnlyList<ContainerUsage> usages = meter.Read([busy.Id, idle.Id]);

        Assert.Equal([busy.Name, idle.Name], usages.Select(usage => usage.Name));
        Assert.InRange(usages[0].CpuPercent!.Value, 2, 35);
        Assert.InRange(usages[1].CpuPercent!.Value, 0, 2);
        Assert.True(usages[0].CpuTime > TimeSpan.FromMilliseconds(30));
        Remove(busy, idle);
        Assert.Empty(meter.Read([busy.Id, idle.Id]));
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Memory_is_counted_without_inactive_file_cache_and_against_the_limit()
    {
        string shared = fixture.MakeFolder("shared");
        ContainerSnapshot container = Start(
            "dd if=/dev/zero of=/dev/shm/held bs=1M count=20 2>/dev/null; dd if=/dev/zero of=/big bs=1M count=30 2>/dev/null; sleep 1000 & echo >/shared/ready; wait",
            new ResourceLimits { Memory = 128 << 20, PidsLimit = 7 }, o => o with { Volumes = [new BindMount(shared, "/shared", false)] });
        Assert.True(EngineFixture.Patiently(() => File.Exists($"{shared}/ready")));

        ContainerUsage usage = Assert.Single(Engine.OpenMeter().Read([container.Id]));

        Assert.InRange(usage.Memory!.Value, 20 << 20, 45 << 20);
        Assert.Equal(128 << 20, usage.MemoryLimit);
        Assert.Equal(100.0 * usage.Memory.Value / (128 << 20), usage.MemoryPercent!.Value, 0.01);
        Assert.Equal((2, 7), (usage.Pids, usage.PidsLimit));
        Remove(container);
    }

    [Fact]
    public void Without_a_limit_the_machines_memory_is_the_limit()
    {
        ContainerSnapshot container = Start("sleep 1000", new ResourceLimits());
        ContainerUsage usage = Assert.Single(Engine.OpenMeter().Read([container.Id]));
        long machine = long.Parse(File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) * 1024;
        Assert.Equal(machine, usage.MemoryLimit);
        Assert.Equal((0L, 0L), (usage.NetworkReceived, usage.NetworkSent));
        Remove(container);
    }

    [Fact]
    public void The_machines_own_network_is_not_counted_as_the_containers()
    {
        ContainerSnapshot container = Start("sleep 1000", new ResourceLimits(), o => o with { Network = NetworkMode.Host });
        ContainerUsage usage = Assert.Single(Engine.OpenMeter().Read([container.Id]));
        Assert.Equal((null, null), (usage.NetworkReceived, usage.NetworkSent));
        Remove(container);
    }

    [Fact]
    public void Interfaces_are_added_up_without_the_loopback()
    {
        const string text =
            "Inter-|   Receive                                                |  Transmit\n"
            + " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
            + "    lo:  999    10    0    0    0     0          0         0      999    10    0    0    0     0       0          0\n"
            + "  eth0:12345678901 10    0    0    0     0          0         0      20    10    0    0    0     0       0          0\n"
            + " eth1.5:  1    10    0    0    0     0          0         0      2    10    0    0    0     0       0          0\n";
        Assert.Equal((12345678902L, 22L), NetworkUsage.Sum(text));
    }

    [Fact]
    public void Block_devices_are_added_up_in_both_versions_formats()
    {
        Assert.Equal(30, CgroupUsage.SumOfPairs("8:0 rbytes=10 wbytes=5 rios=1\n8:16 rbytes=20 wbytes=6\n", "rbytes="));
        Assert.Equal(0, CgroupUsage.SumOfPairs(string.Empty, "rbytes="));
        Assert.Equal(11, CgroupUsage.SumOfLines("8:0 Read 10\n8:0 Write 5\n8:16 Write 6\n8:0 Total 15\nTotal 21\n", "Write"));
    }

    [Theory]
    [InlineData("max\n", null)]
    [InlineData("42\n", 42L)]
    [InlineData(null, null)]
    public void A_number_is_read(string? text, long? expected) => Assert.Equal(expected, CgroupUsage.Number(text));

    [Fact]
    public void A_field_is_found_by_its_whole_key() =>
        Assert.Equal(7, CgroupUsage.Field("total_inactive_file 3\ninactive_file_x 1\ninactive_file 7\n", "inactive_file"));

    private void Remove(params ReadOnlySpan<ContainerSnapshot> containers)
    {
        foreach (ContainerSnapshot container in containers)
        {
            Engine.Remove(container.Id, force: true, Cancellation);
        }
    }

    private ContainerSnapshot Start(string script, ResourceLimits limits, Func<ContainerOptions, ContainerOptions>? change = null)
    {
        string root = Directory.Exists($"{fixture.Root}/rootfs") ? $"{fixture.Root}/rootfs" : fixture.MakeRoot();
        var options = new ContainerOptions { RootFileSystem = root, Command = ["sh", "-c", script], Limits = limits };
        return Engine.Start(Engine.Create(change?.Invoke(options) ?? options, Cancellation).Id, Cancellation);
    }
}
