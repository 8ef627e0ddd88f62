using Containers.Engine.Configuration;
using Containers.Engine.Events;
using Containers.Engine.Health;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Engine.Tests.Runtime;
using Containers.Interop;

namespace Containers.Engine.Tests.Health;

/// <summary>Unhealthy containers that are ended and started again: how often, when, and which life it is that ends.</summary>
public sealed class HealthRestartTests : IDisposable
{
    private const string Quick = "trap 'exit 0' TERM; while :; do sleep 0.05; done";
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100), Long = TimeSpan.FromMinutes(2);
    private readonly RestartFixture restarts = new();

    private ContainerEngine Engine => restarts.Engine;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => restarts.Dispose();

    [Fact]
    public void One_that_is_never_well_is_started_again_after_ever_longer_waits_which_count()
    {
        ContainerSnapshot container = Start("no", Short);
        RestartFixture.Await(() => Engine.Get(container.Id).RestartCount >= 4, "it is not started again");
        ContainerEvent[] events = [.. restarts.Events().Where(happened => happened.Action is EventAction.Start or EventAction.Die)];
        for (int turn = 0; turn < 4; turn++)
        {
            (ContainerEvent died, ContainerEvent started) = (events[(2 * turn) + 1], events[(2 * turn) + 2]);
            Assert.Equal((EventAction.Die, EventAction.Start), (died.Action, started.Action));
            Assert.True(started.Time - died.Time >= TimeSpan.FromMilliseconds(100 << turn), $"turn {turn}: {started.Time - died.Time}");
        }

        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Stopping_one_that_waits_ends_the_waiting_and_the_users_start_counts_anew()
    {
        ContainerSnapshot container = Start("no", Long);
        restarts.Write(container.Id, restart => restart with { Count = 7, Delay = 50_000 });
        _ = Engine.CheckHealth(container.Id, Cancellation);
        RestartFixture.Await(() => Engine.Get(container.Id).NextStartAt is not null, "it does not wait");
        ContainerSnapshot waiting = Engine.Get(container.Id);
        Assert.Equal((ContainerState.Restarting, HealthStatus.None, 7), (waiting.State, waiting.Health!.Status, waiting.RestartCount));
        Assert.InRange(waiting.NextStartAt!.Value - DateTimeOffset.UtcNow, TimeSpan.FromSeconds(40), TimeSpan.FromSeconds(60));

        // It is a process of its own that waits: this one would be killed with the waiting.
        ProcessIdentity waiter = restarts.Restarts(container.Id).Waiter!.ToIdentity();
        Assert.NotEqual(Environment.ProcessId, waiter.Pid);
        using FileDescriptor process = waiter.TryOpen()!;
        Assert.Equal(ContainerState.Exited, Engine.Stop(container.Id, null, null, Cancellation).State);
        Assert.True(Channels.WaitReadable(process, TimeSpan.FromSeconds(5), Cancellation), "the process that waits is still there");
        Assert.Equal(ContainerState.Exited, Engine.Get(container.Id).State);

        Assert.Equal((ContainerState.Running, 0), (Engine.Start(container.Id, Cancellation).State, Engine.Get(container.Id).RestartCount));
        Assert.False(restarts.IsThere(container.Id, "restart.json"));
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void It_is_seen_as_ended_at_no_moment_between()
    {
        ContainerSnapshot container = Start("no", Long, "trap 'echo > /shared/ending; while [ ! -e /shared/go ]; do sleep 0.02; done; exit 0' TERM; while :; do sleep 0.05; done");
        restarts.Write(container.Id, restart => restart with { Delay = 500 });
        _ = Engine.CheckHealth(container.Id, Cancellation);
        RestartFixture.Await(() => File.Exists($"{restarts.Shared}/ending"), "it is not asked to end");

        // Who is to start it again is known before it has ended.
        Assert.Equal(ContainerState.Running, Engine.Get(container.Id).State);
        Assert.True(restarts.Restarts(container.Id).Waiter!.ToIdentity().IsAlive);
        File.WriteAllText($"{restarts.Shared}/go", string.Empty);
        var seen = new HashSet<ContainerState>();
        RestartFixture.Await(
            () =>
            {
                ContainerSnapshot now = Engine.Get(container.Id);
                _ = seen.Add(now.State);
                return now.State == ContainerState.Running && now.ProcessId != container.ProcessId;
            },
            "it is not started again");
        Assert.Equal([ContainerState.Restarting, ContainerState.Running], seen.OrderDescending());
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void As_many_restarts_as_the_policy_allows_hold_for_the_health_too()
    {
        ContainerSnapshot container = Start("on-failure:2", Short);
        RestartFixture.Await(() => Engine.Get(container.Id) is { State: ContainerState.Exited, RestartCount: 2 }, "it does not give up");
        Assert.Equal(3, restarts.Events().Count(happened => happened.Action == EventAction.Start));

        // It had ended in the best way each time: it is its health that failed.
        Assert.Equal(0, Engine.Get(container.Id).ExitCode);
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void What_is_meant_for_one_life_does_nothing_to_the_next()
    {
        ContainerSnapshot container = Start("always", Long);
        using var services = new EngineServices(EngineConfiguration.Load(restarts.Fixture.ConfigurationPath));
        ProcessIdentity life = ContainerObserver.FirstProcess(services.Store.Records.Read(container.Id).Running!);
        var observer = new ContainerObserver(services.Store, () => services.Cgroups);
        var end = new ContainerEnd(services, observer, new RestartWaiting(services));
        ContainerSnapshot next = Engine.Restart(container.Id, signal: 9, Long, Cancellation);

        foreach (StopCause cause in (StopCause[])[StopCause.User, StopCause.Health])
        {
            ContainerSnapshot left = end.Stop(container.Id, signal: null, TimeSpan.Zero, cause, Cancellation, life);
            Assert.Equal((ContainerState.Running, next.ProcessId), (left.State, left.ProcessId));
        }

        Engine.ActOnUnhealthy(container.Id, life.Pid, life.StartTime, Cancellation);
        Assert.Equal((ContainerState.Running, next.ProcessId), Engine.Get(container.Id) is var now ? (now.State, now.ProcessId) : default);
        Assert.False(restarts.IsThere(container.Id, "stopped"));
        Assert.DoesNotContain(restarts.Events().SkipWhile(happened => happened.Action != EventAction.Stop).Skip(1), happened => happened.Action is EventAction.Kill or EventAction.Stop);

        // The life that is meant is.
        ProcessIdentity present = ContainerObserver.FirstProcess(services.Store.Records.Read(container.Id).Running!);
        Assert.Equal(ContainerState.Exited, end.Stop(container.Id, signal: 9, Long, StopCause.User, Cancellation, present).State);
        Assert.True(restarts.IsThere(container.Id, "stopped"));
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    private ContainerSnapshot Start(string policy, TimeSpan interval, string script = Quick) => Engine.Start(
        Engine.Create(
            restarts.Options(policy, script) with
            {
                Health = new HealthOptions { Test = ["CMD", "false"], Interval = interval, Retries = 1, OnFailure = HealthFailureAction.Restart },
            },
            Cancellation).Id,
        Cancellation);
}
