using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Attacks;

/// <summary>A process of the container signals its whole process group: kill(2) with 0 crosses pid namespaces, and the monitor must not be in that group.</summary>
public sealed class ProcessGroupTests : AttackTest
{
    [Theory]
    [Trait("Kernel", "CgroupV2")]
    [InlineData("trap '' TERM; kill -TERM 0; exit 3", 3)]
    [InlineData("trap '' HUP; kill -HUP 0; exit 4", 4)]
    [InlineData("kill -STOP 0; exit 5", 5)]
    [InlineData("kill -KILL 0; exit 6", 6)]
    public void A_signal_to_the_own_process_group_does_not_reach_the_monitor(string script, int code)
    {
        // The first process of a pid namespace ignores what it sends itself, KILL and STOP included: only a monitor in its group would be hit.
        RunResult result = Run(script);
        Assert.Equal((code, ContainerState.Exited, StateReason.None), (result.ExitCode, result.Container.State, result.Container.Reason));
    }

    [Fact]
    public void With_an_init_the_command_alone_is_hit()
    {
        RunResult result = Fixture.Run(Script("kill -KILL 0; exit 6") with { Init = true });
        Assert.Equal((137, StateReason.None), (result.ExitCode, result.Container.Reason));
    }

    [Fact]
    public void Without_a_session_of_its_own_the_container_ends_its_monitor()
    {
        RunResult result = RunEdited(Script("sleep 0.5; kill -KILL 0; exit 6"), plan => plan.LeaveOut("leaving the monitor's session"));
        Assert.Equal((null, StateReason.MonitorLost), (result.ExitCode, result.Container.Reason));
    }
}
