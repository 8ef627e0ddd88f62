using System.Diagnostics;
using Containers.Engine.Cgroups;

namespace Containers.Engine.Tests.Cgroups;

/// <summary>Cgroups without containers: made, filled, limited, measured, suspended and removed, against the kernel's own files.</summary>
[Trait("Kernel", "CgroupV2")]
public sealed class CgroupControlTests : IDisposable
{
    private const long MiB = 1024 * 1024;
    private readonly string parent = $"/pscontainers-test-{Guid.NewGuid():N}";
    private readonly CgroupControl control = new();
    private readonly List<Process> processes = [];

    public void Dispose()
    {
        if (control.Lookup.TryGet(parent) is { } left)
        {
            control.Remove(left, recurse: true, force: true);
        }

        foreach (Process process in processes)
        {
            if (!process.HasExited)
            {
                process.Kill();
            }

            process.Dispose();
        }

        Assert.Null(control.Lookup.TryGet(parent));
    }

    [Fact]
    public void One_is_made_in_all_hierarchies_and_removed_from_them()
    {
        CgroupSnapshot made = control.Make($"{parent}/a/b", []);
        Assert.Equal($"{parent}/a/b", made.Path);
        Assert.All(made.Places, static place => Assert.True(Directory.Exists(place.Folder)));
        foreach (string controller in (string[])["cpu", "memory", "pids", "cpuset"])
        {
            Assert.Contains(made.Places, place => place.Controllers.Contains(controller));
        }

        Assert.Equal(EngineErrorReason.AlreadyExists, Reason(() => control.Make($"{parent}/a/b", [])));
        Assert.Equal(EngineErrorReason.NotSupported, Reason(() => control.Make($"{parent}/c", ["nosuch"])));
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(() => control.Make($"{parent}/../c", [])));
        Assert.Equal(EngineErrorReason.Busy, Reason(() => control.Remove(control.Lookup.Get(parent), recurse: false, force: true)));
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(() => control.Remove(control.Lookup.Get("/"), recurse: true, force: true)));
        control.Remove(control.Lookup.Get(parent), recurse: true, force: false);
        Assert.All(made.Places, static place => Assert.False(Directory.Exists(place.Folder)));
    }

    [Fact]
    public void Limits_are_what_the_kernel_keeps()
    {
        CgroupSnapshot made = control.Make($"{parent}/a", []);
        var asked = new CgroupLimits
        {
            Memory = 64 * MiB, MemorySwap = 96 * MiB, MemoryLow = 16 * MiB, Cpus = 0.25m, CpuWeight = 300, CpuBurst = TimeSpan.FromMilliseconds(10), CpusetCpus = "0", CpusetMems = "0", PidsLimit = 17,
        };
        CgroupLimits kept = control.SetLimits(made, asked);
        Assert.Equal(asked with { IoWeight = kept.IoWeight, MemoryHigh = kept.MemoryHigh, MemoryMin = kept.MemoryMin, Devices = kept.Devices, HugePages = kept.HugePages }, kept);
        bool isV2 = made.Places is [{ IsUnified: true }];
        string Read(string v2, string v1) => File.ReadAllText(made.Places.Select(place => $"{place.Folder}/{(place.IsUnified ? v2 : v1)}").First(File.Exists)).Trim();
        Assert.Equal(isV2 ? "25000 100000" : "25000", Read("cpu.max", "cpu.cfs_quota_us"));
        Assert.Equal("17", Read("pids.max", "pids.max"));
        Assert.Equal($"{64 * MiB}", Read("memory.max", "memory.limit_in_bytes"));
        Assert.Equal(isV2 ? $"{32 * MiB}" : $"{96 * MiB}", Read("memory.swap.max", "memory.memsw.limit_in_bytes"));
        Assert.Equal(isV2 ? "300" : $"{2 + (299 * 262142L / 9999)}", Read("cpu.weight", "cpu.shares"));

        CgroupLimits lifted = control.SetLimits(made, new CgroupLimits { MemorySwap = CgroupLimits.Unlimited, Memory = CgroupLimits.Unlimited, Cpus = decimal.MaxValue, PidsLimit = CgroupLimits.Unlimited, CpuWeight = 100 });
        Assert.Equal((CgroupLimits.Unlimited, CgroupLimits.Unlimited, decimal.MaxValue, CgroupLimits.Unlimited, 100), (lifted.Memory, lifted.MemorySwap, lifted.Cpus, lifted.PidsLimit, lifted.CpuWeight));
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(() => control.SetLimits(made, new CgroupLimits { CpuWeight = 10001 })));
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(() => control.SetLimits(made, new CgroupLimits { CpusetCpus = "9999" })));
        if (isV2)
        {
            Assert.Equal((48 * MiB, 8 * MiB), (control.SetLimits(made, new CgroupLimits { MemoryHigh = 48 * MiB, MemoryMin = 8 * MiB }) is var marks ? (marks.MemoryHigh, marks.MemoryMin) : default));
            Assert.Equal(EngineErrorReason.InvalidArgument, Reason(() => control.SetLimits(made, new CgroupLimits { MemorySwap = 100 * MiB })));
        }
        else
        {
            Assert.Contains("v2", Assert.Throws<EngineException>(() => control.SetLimits(made, new CgroupLimits { MemoryHigh = 48 * MiB })).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Weights_go_to_shares_and_back()
    {
        foreach (int weight in (int[])[1, 2, 50, 99, 100, 101, 500, 1000, 9999, 10000])
        {
            Assert.Equal(weight, CgroupLimitFiles.WeightOf(CgroupLimitFiles.SharesOf(weight)));
        }

        Assert.Equal((2, 262144, 1024), (CgroupLimitFiles.SharesOf(1), CgroupLimitFiles.SharesOf(10000), CgroupLimitFiles.SharesOf(100)));
    }

    [Fact]
    public void What_exceeds_the_memory_is_killed_and_counted()
    {
        CgroupSnapshot made = control.Make($"{parent}/a", []);
        control.SetLimits(made, new CgroupLimits { Memory = 32 * MiB, MemorySwap = 32 * MiB });
        Process hungry = Start(made, "x=$(head -c 200000000 /dev/zero | tr '\\0' a); echo ${#x}");
        Assert.True(hungry.WaitForExit(TimeSpan.FromMinutes(2)));
        Assert.NotEqual(0, hungry.ExitCode);
        CgroupMeasurement measured = control.Measure(made);
        Assert.True(measured.OomKills >= 1, $"{measured}");
        Assert.True(measured.MaxEvents >= 1 || !made.Places.Any(static place => place.IsUnified && place.Controllers.Contains("memory")), $"{measured}");
        Assert.InRange(measured.MemoryPeak ?? 32 * MiB, 16 * MiB, 32 * MiB);
    }

    [Fact]
    public void What_exceeds_the_processes_cannot_fork_and_is_counted()
    {
        CgroupSnapshot made = control.Make($"{parent}/a", []);
        control.SetLimits(made, new CgroupLimits { PidsLimit = 3 });
        Process forking = Start(made, "for i in 1 2 3 4 5 6; do sleep 1000 & done 2>/dev/null; wait");
        Assert.True(EngineFixture.Patiently(() => control.Measure(made).PidsMaxEvents >= 1));
        Assert.True(control.Measure(made).Pids <= 3);
        Assert.Equal(EngineErrorReason.Busy, Reason(() => control.Remove(control.Lookup.Get(made.Path), recurse: false, force: false)));
        control.Remove(control.Lookup.Get(made.Path), recurse: false, force: true);
        Assert.True(forking.WaitForExit(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void Who_uses_more_than_his_processors_is_throttled_and_stands_still_when_suspended()
    {
        CgroupSnapshot made = control.Make($"{parent}/a", []);
        control.SetLimits(made, new CgroupLimits { Cpus = 0.1m, CpusetCpus = "0", CpusetMems = "0" });
        Process busy = Start(made, "while :; do :; done");
        Assert.True(EngineFixture.Patiently(() => control.Measure(made) is { ThrottledPeriods: >= 3, ThrottledTime: var time } && time > TimeSpan.Zero));
        Assert.Contains("Cpus_allowed_list:\t0", File.ReadAllLines($"/proc/{busy.Id}/status"));
        control.Suspend(made, isSuspended: true);
        TimeSpan? stands = control.Measure(made).CpuTime;
        Thread.Sleep(300);
        Assert.Equal(stands, control.Measure(made).CpuTime);
        control.Suspend(made, isSuspended: false);
        Assert.True(EngineFixture.Patiently(() => control.Measure(made).CpuTime > stands));

        // Also a suspended one is killed.
        control.Suspend(made, isSuspended: true);
        control.Remove(control.Lookup.Get(made.Path), recurse: false, force: true);
        Assert.True(busy.WaitForExit(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void A_process_is_in_it_in_every_hierarchy()
    {
        CgroupSnapshot made = control.Make($"{parent}/a", []);
        Process process = Start(made, "sleep 1000");
        Assert.All(control.Lookup.Get(made.Path).Places, place => Assert.Contains(process.Id, place.ProcessIds));
        Assert.Equal(EngineErrorReason.NotFound, Reason(() => control.Add(made, 99999999)));
    }

    private static EngineErrorReason Reason(Action action) => Assert.Throws<EngineException>(action).Reason;

    /// <summary>A shell that begins with the script once it is in the cgroup.</summary>
    private Process Start(CgroupSnapshot cgroup, string script)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"read go; {script}"]) { RedirectStandardInput = true, UseShellExecute = false };
        Process process = Process.Start(start)!;
        processes.Add(process);
        control.Add(cgroup, process.Id);
        process.StandardInput.WriteLine();
        return process;
    }
}
