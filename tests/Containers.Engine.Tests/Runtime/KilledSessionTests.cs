using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Runtime;

/// <summary>
/// A session, or the helper, killed at every single step: strace(1) sends SIGKILL at the Nth call of a kind, for every N until nothing is
/// killed any more. The next session must find all of what is left and be able to remove it.
/// </summary>
[Trait("Area", "Runtime")]
public sealed class KilledSessionTests(EngineFixture fixture, ITestOutputHelper output) : IClassFixture<EngineFixture>
{
    /// <summary>More than there are steps of a kind in two containers' lives.</summary>
    private const int MostSteps = 200;

    /// <param name="calls">By which the session makes, changes or removes something, or waits for the monitor.</param>
    [Theory]
    [InlineData("mkdirat")]
    [InlineData("symlinkat")]
    [InlineData("linkat")]
    [InlineData("renameat2")]
    [InlineData("unlinkat")]
    [InlineData("flock")]
    [InlineData("fsync")]
    [InlineData("socketpair")]
    [InlineData("bind,listen")]
    [InlineData("memfd_create")]
    [InlineData("clone,clone3,vfork")]
    [InlineData("wait4")]
    [InlineData("recvmsg")]
    [InlineData("sendto")]
    public void A_session_killed_at_any_step_leaves_what_the_next_one_lists_and_removes(string calls) => KillAtEveryStep(calls, withChildren: false);

    /// <param name="calls">That the helper alone makes, as launcher, monitor or first process.</param>
    [Theory]
    [InlineData("setsid")]
    [InlineData("close_range")]
    [InlineData("fsopen")]
    [InlineData("move_mount")]
    [InlineData("pivot_root")]
    [InlineData("capset")]
    [InlineData("seccomp")]
    [InlineData("execve")]
    [InlineData("ppoll")]
    [InlineData("waitid")]
    [InlineData("exit,exit_group")]
    public void A_helper_killed_at_any_step_leaves_what_the_next_session_lists_and_removes(string calls) => KillAtEveryStep(calls, withChildren: true);

    private void KillAtEveryStep(string calls, bool withChildren)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed");
        string root = fixture.MakeRoot(calls);
        int step = 1;
        while (SessionKiller.Kill(fixture, nameof(SessionToKill.RunLives), root, calls, step, withChildren))
        {
            RequireNothingLeftAfterRemoval($"{calls} {step}");
            step++;
            Assert.True(step < MostSteps, "the session is killed again and again");
        }

        output.WriteLine($"killed at {step - 1} steps");
        Assert.True(step > 1, $"two containers' lives have no {calls}: it is not what was to be tested");
    }

    private void RequireNothingLeftAfterRemoval(string when)
    {
        // What a monitor goes on with by itself comes to an end: one that is to go is removed by the program it hands over to.
        Assert.True(EngineFixture.Patiently(() => fixture.Engine.List().All(c => c.State != ContainerState.Running)), $"{when}: a container does not end");
        foreach (ContainerSnapshot left in fixture.Engine.List())
        {
            try
            {
                fixture.Engine.Remove(left.Id, force: true);
            }
            catch (EngineException e) when (e.Reason == EngineErrorReason.NotFound)
            {
                // Its monitor's successor removed it in between.
            }
        }

        string[] leftovers = [];
        Assert.True(EngineFixture.Patiently(() => (leftovers = fixture.Leftovers()).Length == 0), $"{when}: left behind: {string.Join("; ", leftovers)}");
    }
}
