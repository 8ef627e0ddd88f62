using System.Diagnostics;
using Containers.Engine.Events;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Interop;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Restart policies at work, with no session there: what is started again, when, and what users do meanwhile.</summary>
public sealed class RestartTests : IDisposable
{
    private const string Life = "echo >> /shared/lives; ";
    private const string Forever = "while :; do sleep 0.05; done";
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private readonly RestartFixture restarts = new();

    private ContainerEngine Engine => restarts.Engine;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => restarts.Dispose();

    [Theory]
    [InlineData("always", "exit 0")]
    [InlineData("unless-stopped", "exit 0")]
    [InlineData("on-failure", "exit 3")]
    [InlineData("always", "kill -9 $$")]
    public void A_container_whose_session_is_gone_is_started_again_and_again(string policy, string end)
    {
        File.WriteAllText($"{restarts.Shared}/policy", policy);
        File.WriteAllText($"{restarts.Shared}/script", Life + end);
        using (Process session = SessionToKill.Start(nameof(SessionToKill.StartWithPolicy), restarts.Fixture.ConfigurationPath, restarts.Root, restarts.Shared))
        {
            session.WaitForExit();
            Assert.Equal(0, session.ExitCode);
        }

        RestartFixture.Await(() => restarts.Lives >= 3, "it is not started again");

        ContainerSnapshot container = Assert.Single(Engine.List());
        Assert.True(container.RestartCount >= 2, $"{container.RestartCount} restarts");
        Assert.Contains(container.State, new[] { ContainerState.Running, ContainerState.Restarting });
        Engine.Remove(container.Id, force: true, Cancellation);
        Assert.Equal(["create", "start", "die", "start", "die", "start"], restarts.Events().Select(happened => happened.Action).Take(6));
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void On_failure_is_one_start_more_where_it_may_be_one()
    {
        ContainerSnapshot container = restarts.Start("on-failure:1", Life + "exit 3");
        RestartFixture.Await(() => Engine.Get(container.Id) is { State: ContainerState.Exited, RestartCount: 1 }, "it does not come to an end");
        Assert.Equal(2, restarts.Lives);
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void On_failure_gives_up_after_as_many_restarts_as_it_may_have()
    {
        ContainerSnapshot container = restarts.Start("on-failure:2", Life + "exit 3");
        RestartFixture.Await(() => Engine.Get(container.Id) is { State: ContainerState.Exited, RestartCount: 2 }, "it does not come to an end");

        Assert.Equal((3, 3), (restarts.Lives, Engine.Get(container.Id).ExitCode));
        string[] actions = [.. restarts.Events().Select(happened => happened.Action)];
        Assert.Equal(["create", "start", "die", "start", "die", "start", "die"], actions);

        // The user's own start gives it all of them again.
        Engine.Start(container.Id, Cancellation);
        RestartFixture.Await(() => restarts.Lives == 6 && Engine.Get(container.Id).State == ContainerState.Exited, "it is not started again after that");
        Assert.Equal(2, Engine.Get(container.Id).RestartCount);
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void A_success_is_no_failure()
    {
        ContainerSnapshot container = restarts.Start("on-failure", Life + "while [ ! -e /shared/go ]; do sleep 0.02; done; exit 0");
        File.WriteAllText($"{restarts.Shared}/go", string.Empty);
        ContainerSnapshot ended = Engine.Wait(container.Id, Long, Cancellation);
        Assert.Equal((ContainerState.Exited, 0), (ended.State, ended.ExitCode));
        AwaitNoMonitor(container);
        Assert.Equal((ContainerState.Exited, 0, 1), (Engine.Get(container.Id).State, Engine.Get(container.Id).RestartCount, restarts.Lives));
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void The_waits_double_as_the_events_tell()
    {
        ContainerSnapshot container = restarts.Start("always", Life + "exit 1");
        RestartFixture.Await(() => restarts.Lives >= 5, "it is not started again");
        Engine.Remove(container.Id, force: true, Cancellation);

        ContainerEvent[] events = [.. restarts.Events().Where(happened => happened.Action is EventAction.Start or EventAction.Die)];
        for (int turn = 0; turn < 4; turn++)
        {
            (ContainerEvent died, ContainerEvent started) = (events[(2 * turn) + 1], events[(2 * turn) + 2]);
            Assert.Equal((EventAction.Die, EventAction.Start), (died.Action, started.Action));
            Assert.True(started.Time - died.Time >= TimeSpan.FromMilliseconds(100 << turn), $"turn {turn}: {started.Time - died.Time}");
        }
    }

    [Theory]
    [InlineData(0, 1, 100)]
    [InlineData(100, 1, 200)]
    [InlineData(6400, 9, 12800)]
    [InlineData(51200, 1, 60000)]
    [InlineData(60000, 1, 60000)]
    [InlineData(60000, 10, 100)]
    public void A_wait_is_at_most_a_minute_and_short_again_after_a_long_life(int before, int seconds, int expected)
    {
        // The clock was set meanwhile, by an hour in either direction.
        const long second = 1_000_000_000, hour = 3600 * second;
        Assert.Equal(expected, new RestartRecord { Delay = before }.NextDelay(new ExitRecord(1, 0, 0, 0, hour, seconds * second)));
        var exit = new ExitRecord(1, 0, 0, hour, 0, seconds * second);
        Assert.Equal(expected, new RestartRecord { Delay = before }.NextDelay(exit));

        // A start that failed is a life of no length, whatever the one before it was.
        Assert.Equal(before == 0 ? 100 : Math.Min(before * 2, 60000), new RestartRecord { Delay = before, Error = "x" }.NextDelay(exit));
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void How_long_a_life_lasted_is_on_record()
    {
        ContainerSnapshot container = restarts.Start("no", "sleep 0.3");
        Engine.Wait(container.Id, Long, Cancellation);
        using var store = new ContainerStore(new StorageRoots(restarts.Fixture.StateRoot, restarts.Fixture.RuntimeRoot));
        ExitRecord exit = store.Records.Read(container.Id).Exit!;
        Assert.InRange(exit.Lasted, 300_000_000, exit.FinishedAt - exit.StartedAt + 1_000_000_000);
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void In_the_foreground_the_first_life_is_the_sessions_and_the_next_ones_are_nobodys()
    {
        using (ForegroundProcess first = Engine.Run(restarts.Options("always", Life + "echo hello; exit 5"), withInput: false, Cancellation))
        {
            using var reader = new StreamReader(first.StandardOutput);
            Assert.Equal("hello\n", reader.ReadToEnd());
            Assert.Equal(5, first.WaitForExit(Cancellation).ExitCode);
        }

        RestartFixture.Await(() => restarts.Lives >= 3, "it is not started again");
        Engine.Remove(Assert.Single(Engine.List()).Id, force: true, Cancellation);
    }

    [Fact]
    public void A_container_that_is_stopped_is_not_started_again_until_the_user_does()
    {
        ContainerSnapshot container = restarts.Start("always", Life + "trap 'exit 7' TERM; trap 'exit 8' USR1; " + Forever);
        RestartFixture.Await(() => restarts.Lives == 1, "it does not run");
        ContainerSnapshot stopped = Engine.Stop(container.Id, null, Long, Cancellation);
        Assert.Equal((ContainerState.Exited, 7), (stopped.State, stopped.ExitCode));
        AwaitNoMonitor(container);
        Assert.Equal((ContainerState.Exited, 1), (Engine.Get(container.Id).State, restarts.Lives));

        Assert.Equal(ContainerState.Running, Engine.Restart(container.Id, null, null, Cancellation).State);
        Assert.False(restarts.IsThere(container.Id, "stopped"));
        Assert.Equal(ContainerState.Running, Engine.Restart(container.Id, null, Long, Cancellation).State);

        // By its policy again, with a signal that is not the one to stop it.
        RestartFixture.Await(() => restarts.Lives == 3, "it does not run");
        Engine.Signal(container.Id, 10);
        RestartFixture.Await(() => Engine.Get(container.Id) is { State: ContainerState.Running, RestartCount: 1 }, "it is not started again");
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(15)]
    public void A_signal_that_is_to_end_it_keeps_the_policy_from_starting_it_again(int signal)
    {
        ContainerSnapshot container = restarts.Start("unless-stopped", "trap 'exit 1' TERM; echo > /shared/ready; " + Forever);
        RestartFixture.Await(() => File.Exists($"{restarts.Shared}/ready"), "it does not run");
        Engine.Signal(container.Id, signal);
        RestartFixture.Await(() => Engine.Get(container.Id).State == ContainerState.Exited, "it does not end");
        AwaitNoMonitor(container);
        Assert.Equal(ContainerState.Exited, Engine.Get(container.Id).State);
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void Stopping_a_container_that_waits_for_its_start_ends_the_waiting_at_once()
    {
        ContainerSnapshot container = restarts.StartWaiting();
        Assert.Equal((ContainerState.Restarting, 1), (container.State, container.ExitCode));
        Assert.InRange(container.NextStartAt!.Value - DateTimeOffset.UtcNow, TimeSpan.FromSeconds(40), TimeSpan.FromSeconds(60));
        using FileDescriptor waiter = restarts.Restarts(container.Id).Waiter!.ToIdentity().TryOpen()!;

        ContainerSnapshot stopped = Engine.Stop(container.Id, null, null, Cancellation);

        Assert.Equal((ContainerState.Exited, 1, null), (stopped.State, stopped.ExitCode, stopped.NextStartAt));
        Assert.True(Channels.WaitReadable(waiter, TimeSpan.FromSeconds(5), Cancellation), "the process that waits is still there");
        Assert.Equal("stop", restarts.Events()[^1].Action);
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void Killing_a_container_that_waits_for_its_start_does_the_same()
    {
        ContainerSnapshot container = restarts.StartWaiting();
        Assert.Equal(EngineErrorReason.NotRunning, Assert.Throws<EngineException>(() => Engine.Signal(container.Id, 1)).Reason);
        Assert.Equal(ContainerState.Restarting, Engine.Get(container.Id).State);
        Engine.Signal(container.Id, 9);
        Assert.Equal(ContainerState.Exited, Engine.Get(container.Id).State);
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void Starting_a_container_that_waits_for_its_start_takes_over_and_counts_anew()
    {
        ContainerSnapshot container = restarts.StartWaiting();
        using FileDescriptor waiter = restarts.Restarts(container.Id).Waiter!.ToIdentity().TryOpen()!;
        ContainerSnapshot started = Engine.Start(container.Id, Cancellation);
        Assert.Equal((ContainerState.Running, 0), (started.State, started.RestartCount));
        Assert.True(Channels.WaitReadable(waiter, TimeSpan.FromSeconds(5), Cancellation), "the process that waits is still there");
        Assert.Equal(0, restarts.Restarts(container.Id).Delay);

        // And restarting one, likewise.
        File.WriteAllText($"{restarts.Shared}/go", string.Empty);
        RestartFixture.Await(() => Engine.Get(container.Id).RestartCount > 0, "it is not started again");
        File.Delete($"{restarts.Shared}/go");
        Assert.Equal((ContainerState.Running, 0), (Engine.Restart(container.Id, 9, Long, Cancellation).State, Engine.Get(container.Id).RestartCount));
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void Removing_a_container_that_waits_for_its_start_takes_force_and_then_ends_the_waiting()
    {
        ContainerSnapshot container = restarts.StartWaiting();
        using FileDescriptor waiter = restarts.Restarts(container.Id).Waiter!.ToIdentity().TryOpen()!;
        Assert.Equal(EngineErrorReason.Busy, Assert.Throws<EngineException>(() => Engine.Remove(container.Id, force: false, Cancellation)).Reason);
        Engine.Remove(container.Id, force: true, Cancellation);
        Assert.Empty(Engine.List());
        Assert.True(Channels.WaitReadable(waiter, TimeSpan.FromSeconds(5), Cancellation), "the process that waits is still there");
    }

    [Fact]
    public void Waiting_for_the_end_is_waiting_for_that_of_the_present_life()
    {
        ContainerSnapshot container = restarts.Start("always", Life + "sleep 0.3; exit 4");
        Assert.Equal(4, Engine.Wait(container.Id, Long, Cancellation).ExitCode);
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void A_start_that_fails_is_told_and_tried_again()
    {
        string volume = restarts.Fixture.MakeFolder("volume");
        ContainerSnapshot made = Engine.Create(
            restarts.Options("always", Life + "sleep 0.3; exit 1") with { Volumes = [new BindMount(restarts.Shared, "/shared", false), new BindMount(volume, "/volume", false)] },
            Cancellation);
        Engine.Start(made.Id, Cancellation);
        Directory.Delete(volume);

        // While a start is tried, the record of the last end is not there.
        ContainerSnapshot? failing = null;
        RestartFixture.Await(
            () => (failing = Engine.Get(made.Id)) is { State: ContainerState.Restarting, RestartCount: >= 2, RestartError: not null, ExitCode: 1 }, "it is not tried");
        Assert.Contains(volume, failing!.RestartError, StringComparison.Ordinal);

        Directory.CreateDirectory(volume);
        int before = restarts.Lives;
        RestartFixture.Await(() => restarts.Lives > before && Engine.Get(made.Id).RestartError is null, "it is not started once it can be");
        Engine.Remove(made.Id, force: true, Cancellation);
    }

    [Fact]
    public void Starts_that_fail_count_as_restarts()
    {
        string volume = restarts.Fixture.MakeFolder("volume");
        ContainerSnapshot made = Engine.Create(
            restarts.Options("on-failure:2", Life + "sleep 0.3; exit 9") with { Volumes = [new BindMount(restarts.Shared, "/shared", false), new BindMount(volume, "/volume", false)] },
            Cancellation);
        Engine.Start(made.Id, Cancellation);
        Directory.Delete(volume);
        RestartFixture.Await(() => Engine.Get(made.Id) is { State: ContainerState.Exited, RestartCount: 2 }, "it does not give up");
        Assert.Equal((9, 1), (Engine.Get(made.Id).ExitCode, restarts.Lives));
        Assert.NotNull(Engine.Get(made.Id).RestartError);
        Engine.Remove(made.Id, force: false, Cancellation);
    }

    [Fact]
    public void Whoever_kills_the_process_that_waits_leaves_a_container_that_has_ended()
    {
        ContainerSnapshot container = restarts.StartWaiting();
        using (var waiter = Process.GetProcessById(restarts.Restarts(container.Id).Waiter!.Pid))
        {
            Assert.Equal("containers", waiter.ProcessName);
            waiter.Kill();
        }

        RestartFixture.Await(() => Engine.Get(container.Id).State == ContainerState.Exited, "it is said to wait");
        Assert.Equal((1, null), (Engine.Get(container.Id).ExitCode, Engine.Get(container.Id).NextStartAt));
        Assert.True(Engine.IsForStartup(container.Id));
        Assert.Equal(ContainerState.Running, Engine.StartByPolicy(container.Id, Cancellation)!.State);
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void A_policy_can_be_given_to_a_living_container_and_taken_from_it()
    {
        ContainerSnapshot container = restarts.Start("no", Life + "while [ ! -e /shared/go ]; do sleep 0.02; done; rm /shared/go; exit 1");
        Assert.False(restarts.IsThere(container.Id, "restart.json"));
        Assert.Equal("always", Engine.Update(container.Id, new ContainerChanges { RestartPolicy = RestartPolicy.Parse("always") }, Cancellation).Options.RestartPolicy.ToString());
        File.WriteAllText($"{restarts.Shared}/go", string.Empty);
        RestartFixture.Await(() => restarts.Lives == 2, "it is not started again");

        Assert.Equal("no", Engine.Update(container.Id, new ContainerChanges { RestartPolicy = RestartPolicy.No }, Cancellation).Options.RestartPolicy.ToString());
        Assert.False(restarts.IsThere(container.Id, "restart.json"));
        File.WriteAllText($"{restarts.Shared}/go", string.Empty);
        Assert.Equal(1, Engine.Wait(container.Id, Long, Cancellation).ExitCode);
        RestartFixture.Await(() => Engine.Get(container.Id).State == ContainerState.Exited, "it is said to run");
        Assert.Equal(2, restarts.Lives);
        Engine.Remove(container.Id, force: false, Cancellation);

        ContainerSnapshot waiting = restarts.StartWaiting();
        Assert.Equal(ContainerState.Exited, Engine.Update(waiting.Id, new ContainerChanges { RestartPolicy = RestartPolicy.No }, Cancellation).State);
        Engine.Remove(waiting.Id, force: false, Cancellation);
    }

    [Fact]
    public async Task Whatever_several_sessions_do_a_container_that_is_stopped_last_stays_stopped()
    {
        ContainerSnapshot container = restarts.Start("always", Life + "exit 1");
        using ContainerEngine other = restarts.Fixture.OpenAnother();
        long until = Environment.TickCount64 + 3000;
        void Busy(Action<ContainerEngine> work, ContainerEngine engine)
        {
            while (Environment.TickCount64 < until)
            {
                try
                {
                    work(engine);
                }
                catch (EngineException e) when (e.Reason == EngineErrorReason.LaunchFailed)
                {
                    // Killed by another on its way.
                }

                Thread.Sleep(20);
            }
        }

        await Task.WhenAll(
            Task.Run(() => Busy(engine => engine.Start(container.Id, Cancellation), Engine), Cancellation),
            Task.Run(() => Busy(engine => engine.Stop(container.Id, 9, Long, Cancellation), other), Cancellation),
            Task.Run(() => Busy(engine => engine.Restart(container.Id, 9, Long, Cancellation), other), Cancellation),
            Task.Run(() => Busy(engine => engine.Get(container.Id), Engine), Cancellation));
        ContainerSnapshot stopped = Engine.Stop(container.Id, 9, Long, Cancellation);

        Assert.Equal(ContainerState.Exited, stopped.State);
        int lives = restarts.Lives;
        await Task.Delay(500, Cancellation);
        Assert.Equal((ContainerState.Exited, lives), (Engine.Get(container.Id).State, restarts.Lives));
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void A_container_that_is_removed_at_its_end_has_no_policy()
    {
        EngineException refused = Assert.Throws<EngineException>(() => Engine.Create(restarts.Options("always", "true") with { RemoveOnExit = true }, Cancellation));
        Assert.Equal(EngineErrorReason.InvalidArgument, refused.Reason);
        Assert.Contains("-Rm", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Engine.List());
    }

    /// <summary>Waits until a monitor, or what it has become, is gone.</summary>
    private static void AwaitNoMonitor(ContainerSnapshot container) =>
        RestartFixture.Await(() => container.MonitorProcessId is not { } monitor || !Directory.Exists($"/proc/{monitor}"), "its monitor is still there");
}
