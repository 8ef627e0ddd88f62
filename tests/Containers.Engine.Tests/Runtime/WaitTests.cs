using System.Diagnostics;
using Containers.Engine.Runtime;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Waiting for what containers come to, with nothing looked at meanwhile.</summary>
public sealed class WaitTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

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
    public void Each_condition_is_met_by_what_another_session_does()
    {
        string id = Created("sleep 1000");
        using ContainerEngine other = fixture.OpenAnother();
        ContainerSnapshot running = During(WaitCondition.Running, () => other.Start(id, Cancellation));
        Assert.Equal(ContainerState.Running, running.State);
        Assert.True(During(WaitCondition.Paused, () => other.Suspend(id, Cancellation)).IsPaused);
        Assert.False(During(WaitCondition.Running, () => other.Resume(id, Cancellation)).IsPaused);
        Assert.Equal(137, During(WaitCondition.Exited, () => other.Signal(id, 9)).ExitCode);
        Assert.Equal((id, 137), During(WaitCondition.Removed, () => other.Remove(id, force: false)) is var last ? (last.Id, last.ExitCode) : default);

        ContainerSnapshot During(WaitCondition condition, Action act)
        {
            var wait = new Waiter(() => fixture.Engine.Wait(id, condition, Patience, Cancellation));
            wait.AwaitAsleep();
            act();
            Assert.True(wait.Result.Wait(Patience));
            return wait.Result.Result;
        }
    }

    [Fact]
    public void What_is_so_already_is_not_waited_for()
    {
        string id = Started("sleep 1000");
        Assert.Equal(id, fixture.Engine.Wait(id, WaitCondition.Running, TimeSpan.Zero, Cancellation).Id);
        fixture.Engine.Suspend(id, Cancellation);
        Assert.Equal(id, fixture.Engine.Wait(id, WaitCondition.Paused, TimeSpan.Zero, Cancellation).Id);
    }

    [Fact]
    public async Task What_cannot_come_to_it_any_more_is_an_error_at_once()
    {
        string ended = Started("exit 3");
        fixture.Engine.Wait(ended, Patience, Cancellation);
        foreach (WaitCondition condition in (WaitCondition[])[WaitCondition.Running, WaitCondition.Paused])
        {
            EngineException error = Assert.Throws<EngineException>(() => fixture.Engine.Wait(ended, condition, Timeout.InfiniteTimeSpan, Cancellation));
            Assert.Equal(EngineErrorReason.NotRunning, error.Reason);
            Assert.Contains("exit code 3", error.Message, StringComparison.Ordinal);
        }

        string ends = Started("sleep 0.3; exit 4");
        Assert.Contains("exit code 4", Assert.Throws<EngineException>(() => fixture.Engine.Wait(ends, WaitCondition.Paused, Timeout.InfiniteTimeSpan, Cancellation)).Message, StringComparison.Ordinal);

        string removed = Created("true");
        var wait = new Waiter(() => fixture.Engine.Wait(removed, WaitCondition.Running, Timeout.InfiniteTimeSpan, Cancellation));
        wait.AwaitAsleep();
        fixture.Engine.Remove(removed, force: false);
        Assert.Equal(EngineErrorReason.NotFound, (await Assert.ThrowsAsync<EngineException>(() => wait.Result)).Reason);
        Assert.Equal(EngineErrorReason.NotRunning, Assert.Throws<EngineException>(() => fixture.Engine.Wait(Created("true"), Timeout.InfiniteTimeSpan, Cancellation)).Reason);
    }

    [Fact]
    public async Task A_lost_monitor_ends_the_waiting()
    {
        string id = Started("sleep 1000");
        int monitor = fixture.Engine.Get(id).MonitorProcessId!.Value;
        var wait = new Waiter(() => fixture.Engine.Wait(id, WaitCondition.Paused, Timeout.InfiniteTimeSpan, Cancellation));
        wait.AwaitAsleep();
        Process.GetProcessById(monitor).Kill();
        Assert.Equal(EngineErrorReason.NotRunning, (await Assert.ThrowsAsync<EngineException>(() => wait.Result)).Reason);
    }

    [Fact]
    public async Task A_monitor_that_is_stopped_holds_up_neither_the_time_nor_the_others()
    {
        ContainerSnapshot[] containers = [.. new[] { "sleep 1000", "sleep 1000" }.Select(script => fixture.Engine.Get(Started(script)))];
        using FileDescriptor monitor = Pidfd.TryOpen(containers[0].MonitorProcessId!.Value, out _)!;
        Assert.Equal(Errno.None, Pidfd.TrySignal(monitor, LibC.SIGSTOP));
        try
        {
            fixture.Engine.Signal(containers[0].Id, 9);
            var watch = Stopwatch.StartNew();
            EngineException late = Assert.Throws<EngineException>(
                () => fixture.Engine.Wait(containers[0].Id, WaitCondition.Exited, TimeSpan.FromMilliseconds(500), Cancellation));
            Assert.Equal(EngineErrorReason.Timeout, late.Reason);
            Assert.InRange(watch.Elapsed, TimeSpan.FromMilliseconds(490), TimeSpan.FromSeconds(5));

            watch.Restart();
            var wait = new Waiter(() => fixture.Engine.WaitAny(containers, WaitCondition.Exited, new WaitTime(Patience), _ => { }, Cancellation));
            wait.AwaitAsleep();
            fixture.Engine.Signal(containers[1].Id, 9);
            Assert.Equal(containers[1].Id, (await wait.Result).Id);
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(8), $"{watch.Elapsed}");

            Assert.Contains(
                $"kill -CONT {containers[0].MonitorProcessId}",
                Assert.Throws<EngineException>(() => fixture.Engine.Wait(containers[0].Id, WaitCondition.Exited, Patience, Cancellation)).Message, StringComparison.Ordinal);
        }
        finally
        {
            _ = Pidfd.TrySignal(monitor, LibC.SIGCONT);
        }

        Assert.Equal(137, fixture.Engine.Wait(containers[0].Id, Patience, Cancellation).ExitCode);
    }

    [Fact]
    public void Waits_that_share_a_time_tell_the_one_that_was_asked_for()
    {
        ContainerSnapshot container = fixture.Engine.Get(Started("sleep 1000"));
        var time = new WaitTime(TimeSpan.FromMilliseconds(300));
        for (int i = 0; i < 2; i++)
        {
            EngineException late = Assert.Throws<EngineException>(() => fixture.Engine.WaitAny([container], WaitCondition.Exited, time, _ => { }, Cancellation));
            Assert.Contains("within 0.3 s", late.Message, StringComparison.Ordinal);
            Assert.True(time.IsOver);
        }
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void The_first_of_several_is_given()
    {
        ContainerSnapshot[] containers = [.. new[] { "sleep 1000", "sleep 0.4; exit 7", "sleep 1000" }.Select(script => fixture.Engine.Get(Started(script)))];
        ContainerSnapshot first = fixture.Engine.WaitAny(containers, WaitCondition.Exited, new WaitTime(Patience), _ => Assert.Fail("none is impossible"), Cancellation);
        Assert.Equal((containers[1].Id, 7), (first.Id, first.ExitCode));
        EngineException late = Assert.Throws<EngineException>(
            () => fixture.Engine.WaitAny([containers[0], containers[2]], WaitCondition.Exited, new WaitTime(TimeSpan.FromMilliseconds(200)), _ => { }, Cancellation));
        Assert.Equal(EngineErrorReason.Timeout, late.Reason);
        Assert.Contains("None of 2 containers has ended", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_several_those_that_cannot_are_told_and_the_others_waited_for()
    {
        ContainerSnapshot ended = fixture.Engine.Wait(Started("exit 3"), Patience, Cancellation), made = fixture.Engine.Get(Created("sleep 1000"));
        var told = new List<string>();
        var wait = new Waiter(() => fixture.Engine.WaitAny([ended, made], WaitCondition.Running, new WaitTime(Patience), failure => told.Add(failure.Subject), Cancellation));
        wait.AwaitAsleep();
        fixture.Engine.Start(made.Id, Cancellation);
        Assert.Equal(made.Id, (await wait.Result).Id);
        Assert.Equal([ended.Name], told);
        Assert.Equal(ended.Name, Assert.Throws<EngineException>(() => fixture.Engine.WaitAny([ended], WaitCondition.Running, new WaitTime(Patience), _ => Assert.Fail("the last is thrown"), Cancellation)).Subject);
    }

    [Fact]
    public async Task Waiting_takes_no_processor_time_and_is_cancelled_at_once()
    {
        string id = Started("sleep 1000");
        foreach (WaitCondition condition in (WaitCondition[])[WaitCondition.Exited, WaitCondition.Paused])
        {
            using var stop = new CancellationTokenSource();
            var wait = new Waiter(() => fixture.Engine.Wait(id, condition, Timeout.InfiniteTimeSpan, stop.Token));
            wait.AwaitAsleep();
            long before = wait.Sleeps;
            Thread.Sleep(500);
            Assert.InRange(wait.Sleeps - before, 0, 2);
            var watch = Stopwatch.StartNew();
            stop.Cancel();
            _ = await Assert.ThrowsAsync<OperationCanceledException>(() => wait.Result);
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5));
        }
    }

    private string Created(string script) => fixture.Engine.Create(
        new ContainerOptions { RootFileSystem = root ??= fixture.MakeRoot(), Command = ["sh", "-c", script] }, Cancellation).Id;

    private string Started(string script) => fixture.Engine.Start(Created(script), Cancellation).Id;
}
