using System.Globalization;
using Containers.Engine.Cgroups;
using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Limits of containers that are there, changed.</summary>
public sealed class UpdateTests : IDisposable
{
    private const long MiB = 1 << 20;
    private const string Forever = "while true; do sleep 0.1; done";

    private readonly EngineFixture fixture = new();
    private string? root;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        fixture.RemoveContainers();
        fixture.Dispose();
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_living_container_gets_new_limits_at_once_and_for_its_next_starts()
    {
        string id = Started(Forever, new ResourceLimits { Memory = 64 * MiB, Cpus = 1 });
        ContainerSnapshot changed = Update(id, new ContainerChanges { Limits = new ResourceLimits { Memory = 48 * MiB, Cpus = 0.5m, PidsLimit = 17 } });
        Assert.Equal(new ResourceLimits { Memory = 48 * MiB, Cpus = 0.5m, PidsLimit = 17 }, changed.Options.Limits);
        Assert.Equal((48 * MiB, "17", 0.5m), (Memory(id), Pids(id), Cpus(id)));
        fixture.Engine.Stop(id, 9, TimeSpan.Zero, Cancellation);
        Update(id, new ContainerChanges { Limits = new ResourceLimits { PidsLimit = 18 } });
        fixture.Engine.Start(id, Cancellation);
        Assert.Equal((48 * MiB, "18", 0.5m), (Memory(id), Pids(id), Cpus(id)));
        Update(id, new ContainerChanges { Limits = new ResourceLimits { Memory = 128 * MiB } });
        Assert.Equal(128 * MiB, Memory(id));
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_changed_limit_holds()
    {
        string id = Started("sleep 0.5; until test -e /tmp/go; do sleep 0.05; done; tail -n 1 /dev/zero", new ResourceLimits());
        Update(id, new ContainerChanges { Limits = new ResourceLimits { Memory = 16 * MiB } });
        File.WriteAllText($"{root}/tmp/go", string.Empty);
        ContainerSnapshot ended = fixture.Engine.Wait(id, TimeSpan.FromSeconds(60), Cancellation);
        Assert.True(ended.OomKilled);
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Limits_are_taken_away()
    {
        string id = Started(Forever, new ResourceLimits { Memory = 64 * MiB, Cpus = 0.5m, PidsLimit = 20 });
        ContainerSnapshot changed = Update(id, new ContainerChanges { LiftMemory = true, LiftCpus = true, LiftPidsLimit = true });
        Assert.Equal(new ResourceLimits(), changed.Options.Limits);
        Assert.Equal((long.MaxValue, "max", -1m), (Memory(id) > 1L << 50 ? long.MaxValue : Memory(id), Pids(id), Cpus(id)));
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Where_one_is_refused_all_stay_as_they_were()
    {
        // Files of a tmpfs have nowhere to go: less than they take cannot be had.
        var before = new ResourceLimits { Memory = 64 * MiB, Cpus = 1, PidsLimit = 20 };
        string id = Started("dd if=/dev/zero of=/dev/shm/a bs=1M count=32 2>/dev/null; echo >/tmp/ready; " + Forever, before);
        Assert.True(EngineFixture.Patiently(() => File.Exists($"{root}/tmp/ready")));
        EngineException refused = Assert.Throws<EngineException>(
            () => Update(id, new ContainerChanges { Limits = new ResourceLimits { Memory = 8 * MiB, Cpus = 0.25m, PidsLimit = 30 } }));
        Assert.Equal(EngineErrorReason.Busy, refused.Reason);
        Assert.Contains("left as they were", refused.Message, StringComparison.Ordinal);
        Assert.Equal((64 * MiB, "20", 1m), (Memory(id), Pids(id), Cpus(id)));
        Assert.Equal(before, fixture.Engine.Get(id).Options.Limits);
        Assert.Equal(ContainerState.Running, fixture.Engine.Get(id).State);
    }

    [Fact]
    public void Where_the_document_cannot_be_written_the_living_limits_are_put_back()
    {
        string id = Started(Forever, new ResourceLimits { PidsLimit = 20 });

        // A folder that holds something stands where the new file is written.
        string inTheWay = $"{fixture.StateRoot}/containers/{id}/.container.json.new";
        Directory.CreateDirectory($"{inTheWay}/full");
        _ = Assert.ThrowsAny<Exception>(() => Update(id, new ContainerChanges { Limits = new ResourceLimits { PidsLimit = 30 } }));
        Directory.Delete(inTheWay, recursive: true);
        Assert.Equal("20", Pids(id));
        Assert.Equal(20, fixture.Engine.Get(id).Options.Limits.PidsLimit);
    }

    [Fact]
    public void What_no_kernel_could_keep_is_refused()
    {
        string id = Started(Forever, new ResourceLimits());
        foreach (ResourceLimits limits in (ResourceLimits[])[new() { Memory = 5 * MiB }, new() { Cpus = 0 }, new() { Cpus = 100_000 }, new() { PidsLimit = 0 }])
        {
            Assert.Equal(EngineErrorReason.InvalidArgument, Assert.Throws<EngineException>(() => Update(id, new ContainerChanges { Limits = limits })).Reason);
        }

        Assert.Equal(EngineErrorReason.NotFound, Assert.Throws<EngineException>(() => Update(new string('0', 64), new ContainerChanges())).Reason);
    }

    private ContainerSnapshot Update(string id, ContainerChanges changes) => fixture.Engine.Update(id, changes, Cancellation);

    private string Started(string script, ResourceLimits limits)
    {
        root = fixture.MakeRoot();
        ContainerSnapshot made = fixture.Engine.Create(new ContainerOptions { RootFileSystem = root, Command = ["sh", "-c", script], Limits = limits }, Cancellation);
        return fixture.Engine.Start(made.Id, Cancellation).Id;
    }

    private long Memory(string id) => Read(id, "memory", "memory.max", "memory.limit_in_bytes") is var text && text == "max" ? long.MaxValue : long.Parse(text, CultureInfo.InvariantCulture);

    private string Pids(string id) => Read(id, "pids", "pids.max", "pids.max");

    private decimal Cpus(string id)
    {
        string[] values = Read(id, "cpu", "cpu.max", "cpu.cfs_quota_us").Split(' ');
        return values[0] is "max" or "-1" ? -1 : decimal.Parse(values[0], CultureInfo.InvariantCulture) / 100_000;
    }

    private string Read(string id, string controller, string unified, string v1)
    {
        using CgroupManager cgroups = CgroupManager.Detect(fixture.CgroupParent);
        using ContainerCgroup cgroup = cgroups.Open(id)!;
        string folder = cgroup.PathOf(controller)!;
        return File.ReadAllText(File.Exists($"{folder}/{unified}") ? $"{folder}/{unified}" : $"{folder}/{v1}").Trim();
    }
}
