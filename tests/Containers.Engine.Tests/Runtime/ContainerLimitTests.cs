using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Limits as containers meet them.</summary>
public sealed class ContainerLimitTests : IDisposable
{
    private readonly EngineFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_container_above_its_memory_is_killed_and_that_is_told()
    {
        // tail keeps a line without an end in memory.
        RunResult result = Run(new ResourceLimits { Memory = 16 << 20 }, ["tail", "-n", "1", "/dev/zero"]);
        Assert.Equal((137, StateReason.OutOfMemory, true, 9), (result.ExitCode, result.Container.Reason, result.Container.OomKilled, result.Container.Signal));
    }

    [Fact]
    public void A_child_killed_for_memory_is_told_apart_from_the_container()
    {
        RunResult result = Run(new ResourceLimits { Memory = 16 << 20 }, ["sh", "-c", "tail -n 1 /dev/zero; echo $?; exit 5"]);
        Assert.Equal((5, StateReason.None, true), (result.ExitCode, result.Container.Reason, result.Container.OomKilled));
        Assert.Equal("137\n", result.Output);
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void No_more_processes_than_allowed_are_made()
    {
        RunResult result = Run(new ResourceLimits { PidsLimit = 5 }, ["sh", "-c", "i=0; while [ $i -lt 10 ]; do sleep 30 & i=$((i+1)); done"]);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("fork", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Processor_time_is_rationed_and_the_container_sees_its_own_cgroup()
    {
        const string script = "c=/sys/fs/cgroup/cpu.stat; [ -e $c ] || c=/sys/fs/cgroup/cpu/cpu.stat; [ -e $c ] || c=$(ls -d /sys/fs/cgroup/cpu*/cpu.stat | head -n 1); "
            + "until [ $(grep ^nr_throttled $c | cut -d ' ' -f 2) -gt 3 ]; do :; done; echo throttled";
        Assert.Equal("throttled\n", Run(new ResourceLimits { Cpus = 0.1m }, ["sh", "-c", script]).Good());
    }

    private RunResult Run(ResourceLimits limits, string[] command) =>
        fixture.Run(new ContainerOptions { RootFileSystem = fixture.MakeRoot(), Limits = limits, Command = command });
}
