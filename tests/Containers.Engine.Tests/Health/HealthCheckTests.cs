using System.Text;
using System.Text.Json;
using Containers.Engine.Events;
using Containers.Engine.Health;
using Containers.Engine.Runtime;
using Containers.Engine.Tests.Runtime;
using Containers.Interop;

namespace Containers.Engine.Tests.Health;

/// <summary>Containers whose health their monitors have checked: nobody but the monitor makes a check here unless said.</summary>
public sealed class HealthCheckTests : IDisposable
{
    private const string Forever = "while :; do sleep 0.05; done";
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100), Long = TimeSpan.FromMinutes(2);
    private readonly EngineFixture fixture = new();

    private ContainerEngine Engine => fixture.Engine;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_container_is_found_healthy_and_the_next_life_begins_anew()
    {
        ContainerSnapshot container = Start("echo well; echo really >&2");
        ContainerHealth health = Await(container, h => h.Status == HealthStatus.Healthy);
        HealthResult result = health.Results[0];
        Assert.Equal((0, 0), (health.FailingStreak, result.ExitCode));
        Assert.Contains("well\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("really\n", result.Output, StringComparison.Ordinal);
        Assert.InRange(result.StartedAt - container.StartedAt!.Value, Short, Long);
        Assert.True(result.FinishedAt > result.StartedAt);
        _ = Engine.Stop(container.Id, signal: 9, Long, Cancellation);

        // One that has ended is not well any more, and yet it can be seen what was found.
        ContainerHealth past = Engine.Get(container.Id).Health!;
        Assert.Equal((HealthStatus.None, 0), (past.Status, past.Results[0].ExitCode));
        Engine.Remove(container.Id, force: false, Cancellation);

        ContainerSnapshot rare = Start("true", h => h with { Interval = Long });
        _ = Engine.CheckHealth(rare.Id, Cancellation);
        Assert.Equal(HealthStatus.Healthy, Engine.Get(rare.Id).Health!.Status);
        ContainerSnapshot again = Engine.Restart(rare.Id, signal: 9, Long, Cancellation);
        Assert.Equal((HealthStatus.Starting, 0), (again.Health!.Status, again.Health.Results.Count));
        Engine.Remove(rare.Id, force: true, Cancellation);
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public async Task One_that_is_suspended_during_a_check_is_not_found_unwell()
    {
        ContainerSnapshot container = Start("touch /tmp/begun; sleep 1", h => h with { Interval = Long, Timeout = TimeSpan.FromSeconds(3), Retries = 1 });
        Task<HealthReport> check = Task.Run(() => Engine.CheckHealth(container.Id, Cancellation), Cancellation);
        Assert.True(EngineFixture.Patiently(() => File.Exists($"/proc/{container.ProcessId}/root/tmp/begun")));
        Engine.Suspend(container.Id, Cancellation);
        Assert.Equal(EngineErrorReason.Busy, (await Assert.ThrowsAsync<EngineException>(() => check)).Reason);
        Engine.Resume(container.Id, Cancellation);
        Assert.Equal((HealthStatus.Starting, 0), (Engine.Get(container.Id).Health!.Status, Engine.Get(container.Id).Health!.FailingStreak));
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void As_many_failures_as_are_allowed_make_it_unhealthy_and_a_success_healthy_again()
    {
        ContainerSnapshot container = Start("test -e /tmp/well || { echo ill; exit 7; }", h => h with { Retries = 3 });
        ContainerHealth health = Await(container, h => h.Results.Count > 0);
        Assert.Equal(HealthStatus.Starting, health.Status);
        health = Await(container, h => h.Status == HealthStatus.Unhealthy);
        Assert.True(health.FailingStreak >= 3, $"{health.FailingStreak}");
        Assert.All(health.Results, result => Assert.Equal((7, "ill\n"), (result.ExitCode, result.Output)));
        health = Await(container, h => h.FailingStreak > 6);
        Assert.Equal(5, health.Results.Count);
        Assert.Equal(health.Results.OrderBy(result => result.StartedAt), health.Results);
        Assert.All(health.Results.Zip(health.Results.Skip(1)), pair => Assert.True(pair.Second.StartedAt - pair.First.FinishedAt >= Short, "a check came too early"));

        Execute(container, "touch /tmp/well");
        health = Await(container, h => h.Status == HealthStatus.Healthy);
        Assert.Equal(0, health.FailingStreak);
        Assert.Equal(["unhealthy", "healthy"], Events(container).Where(e => e.Action == EventAction.HealthStatus).Select(e => e.Attributes["healthStatus"]));
        ContainerEvent told = Events(container).First(e => e.Action == EventAction.HealthStatus);
        Assert.Equal((container.Name, false), (told.Name, told.Attributes.ContainsKey("onFailure")));
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void Checks_that_fail_while_the_user_stops_a_container_do_not_start_it_again()
    {
        ContainerSnapshot container = Start(
            "! test -e /tmp/ending",
            h => h with { Retries = 1, OnFailure = HealthFailureAction.Restart },
            o => o with { Command = ["sh", "-c", "trap 'touch /tmp/ending; sleep 1; exit 5' TERM; " + Forever] });
        _ = Await(container, h => h.Status == HealthStatus.Healthy);
        Assert.Equal((ContainerState.Exited, 5), Engine.Stop(container.Id, signal: null, Long, Cancellation) is var ended ? (ended.State, ended.ExitCode) : default);
        Assert.Contains(Events(container), e => e.Action == EventAction.HealthStatus && e.Attributes["healthStatus"] == "unhealthy");
        Thread.Sleep(500);
        Assert.Equal(ContainerState.Exited, Engine.Get(container.Id).State);
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public async Task Waiting_for_health_ends_when_it_is_there_and_at_once_where_it_never_is()
    {
        ContainerSnapshot container = Start("test -e /tmp/well");
        var wait = new Waiter(() => Engine.Wait(container.Id, WaitCondition.Healthy, Long, Cancellation));
        wait.AwaitAsleep();
        _ = Await(container, h => h.FailingStreak > 0);
        Assert.False(wait.Result.IsCompleted);
        Execute(container, "touch /tmp/well");
        Assert.Equal(HealthStatus.Healthy, (await wait.Result).Health!.Status);
        Assert.Equal(container.Id, Engine.Wait(container.Id, WaitCondition.Healthy, TimeSpan.Zero, Cancellation).Id);
        Engine.Remove(container.Id, force: true, Cancellation);

        ContainerSnapshot without = Engine.Create(new ContainerOptions { Image = "host", Command = ["true"] }, Cancellation);
        EngineException error = Assert.Throws<EngineException>(() => Engine.Wait(without.Id, WaitCondition.Healthy, Timeout.InfiniteTimeSpan, Cancellation));
        Assert.Contains("no health check", error.Message, StringComparison.Ordinal);
        Engine.Remove(without.Id, force: false, Cancellation);
    }

    [Fact]
    public void A_check_that_takes_too_long_is_killed_with_what_it_started()
    {
        ContainerSnapshot container = Start("echo waiting; sleep 1000 & sleep 1000", h => h with { Timeout = TimeSpan.FromMilliseconds(300), Interval = Long, StartInterval = Long });
        HealthReport report = Engine.CheckHealth(container.Id, Cancellation);
        Assert.Equal(-1, report.Result.ExitCode);
        Assert.Equal("The check has not ended within 0.3 s and was killed: waiting\n", report.Result.Output);
        Assert.Equal((HealthStatus.Starting, 1), (report.Health.Status, report.Health.FailingStreak));
        Assert.True(EngineFixture.Patiently(() => !Engine.GetProcesses(container.Id).Any(p => p.CommandLine.Contains("1000", StringComparison.Ordinal))), "the check's command runs on");
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void Failures_in_the_start_period_do_not_count_and_its_checks_come_at_their_own_interval()
    {
        ContainerSnapshot container = Start(
            "test -e /tmp/well", h => h with { Retries = 1, StartPeriod = Long, StartInterval = Short, Interval = Long });
        ContainerHealth health = Await(container, h => h.Results.Count >= 3);
        Assert.Equal((HealthStatus.Starting, 0), (health.Status, health.FailingStreak));
        Execute(container, "touch /tmp/well");
        DateTimeOffset last = Await(container, h => h.Status == HealthStatus.Healthy).Results[^1].FinishedAt;

        // Once one has succeeded the ordinary interval holds, and failures count.
        Thread.Sleep(500);
        Assert.Equal(last, Engine.Get(container.Id).Health!.Results[^1].FinishedAt);
        Execute(container, "rm /tmp/well");
        Assert.Equal((HealthStatus.Unhealthy, 1), (Engine.CheckHealth(container.Id, Cancellation).Health.Status, Engine.Get(container.Id).Health!.FailingStreak));
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void A_clock_that_is_set_does_not_end_the_start_period()
    {
        ContainerSnapshot container = Start("false", h => h with { Retries = 1, StartPeriod = Long, StartInterval = Short, Interval = Long });

        // As if the clock had been set forward by an hour since the start.
        string record = $"{fixture.StateRoot}/containers/{container.Id}/running.json", text = File.ReadAllText(record);
        long startedAt = JsonDocument.Parse(text).RootElement.GetProperty("startedAt").GetInt64();
        File.WriteAllText(record, text.Replace($"{startedAt}", $"{startedAt - 3600_000_000_000}", StringComparison.Ordinal));
        DateTimeOffset since = DateTimeOffset.UtcNow;
        ContainerHealth health = Await(container, h => h.Results.Count(result => result.StartedAt > since) >= 2);
        Assert.Equal((HealthStatus.Starting, 0), (health.Status, health.FailingStreak));
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void A_command_that_is_not_there_is_a_failure_that_says_why()
    {
        ContainerSnapshot container = Start("unused", h => h with { Test = ["CMD", "/no/such/program"], Retries = 1 });
        HealthResult result = Await(container, h => h.Status == HealthStatus.Unhealthy).Results[0];
        Assert.Equal(-1, result.ExitCode);
        Assert.Contains("/no/such/program", result.Output, StringComparison.Ordinal);
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void An_output_is_kept_to_4096_bytes_and_does_not_hold_the_command_up()
    {
        ContainerSnapshot container = Start("i=0; while [ $i -lt 2000 ]; do echo -n äöü; echo -n €€ >&2; i=$((i+1)); done; exit 3", h => h with { Interval = Long });
        HealthResult result = Engine.CheckHealth(container.Id, Cancellation).Result;
        Assert.Equal(3, result.ExitCode);
        Assert.InRange(Encoding.UTF8.GetByteCount(result.Output), 4093, 4096);
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void The_command_has_the_containers_user_variables_and_folder()
    {
        ContainerSnapshot container = Start(
            "echo $(id -u) $MODE $(pwd)", h => h with { Interval = Long },
            o => o with { User = "user", Environment = new Dictionary<string, string> { ["MODE"] = "test" }, WorkingDirectory = "/etc" });
        Assert.Equal("1000 test /etc\n", Engine.CheckHealth(container.Id, Cancellation).Result.Output);
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void A_container_that_has_reached_its_limits_is_still_checked()
    {
        ContainerSnapshot container = Start(
            "true", change: o => o with { Limits = new ResourceLimits { Memory = 16 << 20, PidsLimit = 6, Cpus = 0.1m }, Command = ["sh", "-c", "dd if=/dev/zero of=/dev/shm/full bs=1M count=9; " + Forever] });
        Assert.Equal(0, Await(container, h => h.Results.Count >= 2).FailingStreak);
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void A_suspended_container_is_not_checked()
    {
        ContainerSnapshot container = Start("true");
        _ = Await(container, h => h.Status == HealthStatus.Healthy);
        _ = Engine.Suspend(container.Id, Cancellation);
        Assert.Equal(EngineErrorReason.Busy, Assert.Throws<EngineException>(() => Engine.CheckHealth(container.Id, Cancellation)).Reason);
        Thread.Sleep(300);
        DateTimeOffset last = Engine.Get(container.Id).Health!.Results[^1].FinishedAt;
        Thread.Sleep(500);
        ContainerHealth health = Engine.Get(container.Id).Health!;
        Assert.Equal((last, HealthStatus.Healthy, 0), (health.Results[^1].FinishedAt, health.Status, health.FailingStreak));
        _ = Engine.Resume(container.Id, Cancellation);
        _ = Await(container, h => h.Results[^1].FinishedAt > last);
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Theory]
    [InlineData(HealthFailureAction.Kill, 137)]
    [InlineData(HealthFailureAction.Stop, 5)]
    public void An_unhealthy_container_is_ended_where_that_is_asked_for(HealthFailureAction action, int exitCode)
    {
        ContainerSnapshot container = Start(
            "test -e /tmp/well", h => h with { OnFailure = action, Retries = 2 },
            o => o with { Command = ["sh", "-c", "trap 'exit 5' TERM; " + Forever] });
        ContainerSnapshot ended = Engine.Wait(container.Id, Long, Cancellation);
        Assert.Equal((exitCode, HealthStatus.None, 2, 2), (ended.ExitCode, ended.Health!.Status, ended.Health.FailingStreak, ended.Health.Results.Count));
        string[] expected = action == HealthFailureAction.Kill ? ["health_status", "kill", "die"] : ["health_status", "kill", "die", "stop"];
        Assert.True(EngineFixture.Patiently(() => Happened(container).Order().SequenceEqual(expected.Order())), string.Join(' ', Happened(container)));
        Assert.Equal("health_status", Happened(container)[0]);
        Assert.Equal(action.ToString().ToLowerInvariant(), Events(container).Single(e => e.Action == EventAction.HealthStatus).Attributes["onFailure"]);
        Engine.Remove(container.Id, force: false, Cancellation);

        static bool IsNews(ContainerEvent e) => e.Action is not (EventAction.Create or EventAction.Start);

        string[] Happened(ContainerSnapshot of) => [.. Events(of).Where(IsNews).Select(e => e.Action)];
    }

    [Fact]
    public void An_unhealthy_container_is_started_anew_where_that_is_asked_for()
    {
        // Its second life is well.
        ContainerSnapshot container = Start(
            "test -e /tmp/again", h => h with { OnFailure = HealthFailureAction.Restart, Retries = 1 },
            o => o with { Command = ["sh", "-c", "test -e /tmp/once && touch /tmp/again; touch /tmp/once; trap 'exit 5' TERM; " + Forever] });
        Assert.True(EngineFixture.Patiently(() => Engine.Get(container.Id) is { State: ContainerState.Running } now && now.ProcessId != container.ProcessId), "it was not started anew");
        ContainerHealth health = Await(container, h => h.Status == HealthStatus.Healthy);
        Assert.Equal(0, health.FailingStreak);
        Assert.Equal(["unhealthy", "healthy"], Events(container).Where(e => e.Action == EventAction.HealthStatus).Select(e => e.Attributes["healthStatus"]));
        Assert.Equal(2, Events(container).Count(e => e.Action == EventAction.Start));
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void A_container_that_is_killed_for_its_health_is_started_again_by_its_restart_policy()
    {
        ContainerSnapshot container = Start(
            "test -e /tmp/again", h => h with { OnFailure = HealthFailureAction.Kill, Retries = 1 },
            o => o with { RestartPolicy = new RestartPolicy(RestartMode.OnFailure), Command = ["sh", "-c", "test -e /tmp/once && touch /tmp/again; touch /tmp/once; " + Forever] });
        Assert.True(EngineFixture.Patiently(() => Engine.Get(container.Id) is { State: ContainerState.Running, RestartCount: 1 }), "it was not started again");
        _ = Await(container, h => h.Status == HealthStatus.Healthy);
        Assert.Equal(["unhealthy", "healthy"], Events(container).Where(e => e.Action == EventAction.HealthStatus).Select(e => e.Attributes["healthStatus"]));
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_check_ends_with_its_container()
    {
        ContainerSnapshot container = Start("echo in > /tmp/in; sleep 1000");
        AwaitFile("in");
        int probe = Assert.Single(ProbesOf(container));
        _ = Engine.Stop(container.Id, signal: 9, Long, Cancellation);
        Assert.Empty(ProbesOf(container));
        Assert.False(Directory.Exists($"/proc/{probe}"));
        Assert.Empty(Engine.Get(container.Id).Health!.Results);
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void A_check_ends_with_a_monitor_that_is_killed()
    {
        ContainerSnapshot container = Start("echo in > /tmp/in; sleep 1000");
        AwaitFile("in");
        int probe = Assert.Single(ProbesOf(container));
        using (FileDescriptor monitor = Pidfd.TryOpen(container.MonitorProcessId!.Value, out _)!)
        {
            Assert.Equal(Errno.None, Pidfd.TrySignal(monitor, 9));
        }

        Assert.True(EngineFixture.Patiently(() => !Directory.Exists($"/proc/{probe}") && ProbesOf(container).Length == 0), "the check outlives the monitor");
        Assert.True(EngineFixture.Patiently(() => Engine.Get(container.Id).State == ContainerState.Exited), "the container outlives the monitor");
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void A_check_asked_for_needs_a_running_container_that_has_one()
    {
        ContainerSnapshot without = Engine.Create(Options(null), Cancellation), stopped = Engine.Create(Options(new HealthOptions { Test = ["CMD", "true"] }), Cancellation);
        Assert.Equal(EngineErrorReason.NotSupported, Assert.Throws<EngineException>(() => Engine.CheckHealth(without.Id, Cancellation)).Reason);
        Assert.Equal(EngineErrorReason.NotRunning, Assert.Throws<EngineException>(() => Engine.CheckHealth(stopped.Id, Cancellation)).Reason);
        Assert.Equal(EngineErrorReason.NotFound, Assert.Throws<EngineException>(() => Engine.CheckHealth(new string('0', 64), Cancellation)).Reason);
        Assert.Null(without.Health);
        Engine.Remove(without.Id, force: false, Cancellation);
        Engine.Remove(stopped.Id, force: false, Cancellation);
    }

    [Fact]
    public void A_container_that_goes_at_its_end_is_checked_and_leaves_nothing()
    {
        ContainerSnapshot container = Start("false", h => h with { Retries = 2, OnFailure = HealthFailureAction.Kill }, o => o with { RemoveOnExit = true });
        Assert.True(EngineFixture.Patiently(() => Engine.List().Count == 0), "it is still there");
        Assert.Equal("unhealthy", Events(container).Single(e => e.Action == EventAction.HealthStatus).Attributes["healthStatus"]);
    }

    private ContainerSnapshot Start(string test, Func<HealthOptions, HealthOptions>? health = null, Func<ContainerOptions, ContainerOptions>? change = null)
    {
        var check = new HealthOptions { Test = ["CMD-SHELL", test], Interval = Short, Retries = 3 };
        ContainerOptions options = Options(health?.Invoke(check) ?? check);
        return Engine.Start(Engine.Create(change?.Invoke(options) ?? options, Cancellation).Id, Cancellation);
    }

    private ContainerOptions Options(HealthOptions? health)
    {
        string root = Directory.Exists($"{fixture.Root}/rootfs") ? $"{fixture.Root}/rootfs" : fixture.MakeRoot();
        File.SetUnixFileMode($"{root}/tmp", (UnixFileMode)0x3ff);
        return new ContainerOptions { RootFileSystem = root, Command = ["sh", "-c", Forever], Health = health };
    }

    private ContainerHealth Await(ContainerSnapshot container, Predicate<ContainerHealth> isSo)
    {
        ContainerHealth? health = null;
        Assert.True(
            EngineFixture.Patiently(() => isSo(health = Engine.Get(container.Id).Health!)),
            $"{health!.Status}, {health.FailingStreak}, {string.Join("; ", health.Results)}");
        return health;
    }

    private void AwaitFile(string name) =>
        Assert.True(EngineFixture.Patiently(() => File.Exists($"{fixture.Root}/rootfs/tmp/{name}") && new FileInfo($"{fixture.Root}/rootfs/tmp/{name}").Length > 0), "the check has not begun");

    private void Execute(ContainerSnapshot container, string script)
    {
        using ForegroundProcess process = Engine.Execute(container.Id, new ExecOptions { Command = ["sh", "-c", script] }, withInput: false, Cancellation);
        Assert.Equal(0, EngineFixture.Finish(process).ExitCode);
    }

    private IEnumerable<ContainerEvent> Events(ContainerSnapshot container) =>
        Engine.ReadEvents(new EventQuery { Until = DateTimeOffset.UtcNow }, Cancellation).Where(e => e.Id == container.Id);

    /// <summary>The processes <c>containers probe ID</c>.</summary>
    private static int[] ProbesOf(ContainerSnapshot container) =>
    [
        .. from process in Directory.EnumerateDirectories("/proc")
           where char.IsAsciiDigit(process[^1]) && CommandLine(process).EndsWith($"probe\0{container.Id}\0", StringComparison.Ordinal)
           select int.Parse(Path.GetFileName(process), System.Globalization.CultureInfo.InvariantCulture),
    ];

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText($"{process}/cmdline");
        }
        catch (IOException)
        {
            return string.Empty;
        }
    }
}
