using System.Diagnostics;
using Containers.Abuse;
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

    [Fact]
    public void A_start_goes_on_without_its_session_and_the_next_one_waits_for_it()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed");
        string root = fixture.MakeRoot("slow"), shared = fixture.MakeFolder("shared-slow");
        string id = fixture.Engine.Create(new ContainerOptions { RootFileSystem = root, Command = ["sleep", "1000"] }).Id;
        using Process session = SessionToKill.Start(nameof(SessionToKill.StartOne), fixture.ConfigurationPath, root, shared);
        Assert.True(EngineFixture.Patiently(() => File.Exists($"{shared}/ready")), "the session did not begin");

        // The helper's own execve and the command's are held up.
        string[] delay = ["-f", "-p", File.ReadAllText($"{shared}/ready"), "-e", "trace=execve", "-e", "inject=execve:delay_enter=1500000"];
        using var tracer = Process.Start(new ProcessStartInfo("strace", delay) { RedirectStandardError = true, UseShellExecute = false })!;
        Assert.Contains("attached", tracer.StandardError.ReadLine(), StringComparison.Ordinal);
        Task<string> told = tracer.StandardError.ReadToEndAsync();
        File.WriteAllText($"{shared}/go", string.Empty);
        var check = new LeftoverCheck(fixture.Root, fixture.CgroupParent);
        Assert.True(EngineFixture.Patiently(() => check.ProcessesOf(id).Count > 0), "no first process");
        int first = check.ProcessesOf(id).Single();
        session.Kill();
        session.WaitForExit();

        ContainerSnapshot started = fixture.Engine.Start(id);

        Assert.Equal((ContainerState.Running, first), (started.State, started.ProcessId));
        Assert.Equal("sleep", File.ReadAllText($"/proc/{first}/comm").Trim());
        fixture.Engine.Remove(id, force: true);
        Assert.True(tracer.WaitForExit(TimeSpan.FromSeconds(60)) && told.IsCompleted, "strace does not end");
    }

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
