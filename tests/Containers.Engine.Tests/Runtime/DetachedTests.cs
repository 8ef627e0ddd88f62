using System.Diagnostics;
using Containers.Engine.Logs;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Interop;

namespace Containers.Engine.Tests.Runtime;

/// <summary>A container that runs without a session: started, seen, stopped, started again, removed; and what is left when something dies.</summary>
public sealed class DetachedTests : IDisposable
{
    private const string Forever = "while :; do sleep 0.05; done";
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);
    private readonly EngineFixture fixture = new();

    private ContainerEngine Engine => fixture.Engine;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_container_is_made_started_waited_for_and_removed()
    {
        ContainerSnapshot made = Create("echo hello; exit 3");
        Assert.Equal((ContainerState.Created, null), (made.State, made.ExitCode));
        Assert.Equal(EngineErrorReason.NotRunning, Assert.Throws<EngineException>(() => Engine.Wait(made.Id, Long, Cancellation)).Reason);
        Assert.Contains(Engine.Start(made.Id, Cancellation).State, new[] { ContainerState.Running, ContainerState.Exited });
        ContainerSnapshot ended = Engine.Wait(made.Id, Long, Cancellation);
        Assert.Equal((ContainerState.Exited, 3, null), (ended.State, ended.ExitCode, ended.ProcessId));
        Assert.Equal(["hello\n"], Engine.ReadLog(made.Id, new LogQuery(), Cancellation).Select(r => r.Text));
        Engine.Remove(made.Id, force: false, Cancellation);
        Assert.Equal(EngineErrorReason.NotFound, Assert.Throws<EngineException>(() => Engine.Get(made.Id)).Reason);
    }

    [Fact]
    public void A_start_that_fails_leaves_a_kept_container_as_it_had_ended()
    {
        string root = fixture.MakeRoot();
        File.WriteAllText($"{root}/run", "#!/bin/sh\nexit 3\n");
        File.SetUnixFileMode($"{root}/run", UnixFileMode.UserRead | UnixFileMode.UserExecute);
        ContainerSnapshot made = Engine.Create(new ContainerOptions { RootFileSystem = root, Command = ["/run"] }, Cancellation);
        Engine.Start(made.Id, Cancellation);
        ContainerSnapshot ended = Engine.Wait(made.Id, Long, Cancellation);
        File.Delete($"{root}/run");

        Assert.Equal(EngineErrorReason.CommandNotFound, Assert.Throws<EngineException>(() => Engine.Start(made.Id, Cancellation)).Reason);

        ContainerSnapshot after = Engine.Get(made.Id);
        Assert.Equal((ContainerState.Exited, 3, ended.FinishedAt), (after.State, after.ExitCode, after.FinishedAt));
        Engine.Remove(made.Id, force: false, Cancellation);
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Stop_asks_with_the_stop_signal_and_the_container_ends_in_its_own_way()
    {
        ContainerSnapshot container = Start("trap 'echo bye; exit 6' USR1; echo ready; " + Forever, o => o with { StopSignal = 10 });
        AwaitLog(container.Id, "ready\n");
        var watch = Stopwatch.StartNew();
        ContainerSnapshot ended = Engine.Stop(container.Id, null, TimeSpan.FromSeconds(60), Cancellation);
        Assert.Equal((ContainerState.Exited, 6), (ended.State, ended.ExitCode));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"{watch.Elapsed}");
        Assert.Equal(["ready\n", "bye\n"], Engine.ReadLog(container.Id, new LogQuery(), Cancellation).Select(r => r.Text));
        Assert.Equal(ContainerState.Exited, Engine.Stop(container.Id, null, TimeSpan.Zero, Cancellation).State);
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Stop_kills_what_has_not_ended_in_time_and_not_before()
    {
        ContainerSnapshot container = Start("trap '' TERM; echo ready; " + Forever);
        AwaitLog(container.Id, "ready\n");
        var watch = Stopwatch.StartNew();
        ContainerSnapshot ended = Engine.Stop(container.Id, null, TimeSpan.FromMilliseconds(700), Cancellation);
        Assert.True(watch.Elapsed >= TimeSpan.FromMilliseconds(690), $"{watch.Elapsed}");
        Assert.Equal((137, 9), (ended.ExitCode, ended.Signal));
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void A_running_container_is_not_removed_unless_forced()
    {
        ContainerSnapshot container = Start(Forever);
        EngineException e = Assert.Throws<EngineException>(() => Engine.Remove(container.Id, force: false, Cancellation));
        Assert.Equal(EngineErrorReason.Busy, e.Reason);
        Assert.Contains(container.Name, e.Message, StringComparison.Ordinal);
        Assert.Equal(ContainerState.Running, Engine.Get(container.Name).State);
        Engine.Remove(container.Id, force: true, Cancellation);
        Assert.Empty(Engine.List());
        Assert.False(Directory.Exists($"/proc/{container.ProcessId}") && IsOf(container));
    }

    [Fact]
    public void A_kept_container_starts_again_with_its_files_and_its_log_goes_on()
    {
        ContainerSnapshot container = Engine.Create(
            new ContainerOptions { Image = "host", Command = ["sh", "-c", "echo x >> /var/tmp/count; wc -l < /var/tmp/count; exit $(wc -l < /var/tmp/count)"] }, Cancellation);
        for (int turn = 1; turn <= 3; turn++)
        {
            _ = Engine.Start(container.Id, Cancellation);
            Assert.Equal(turn, Engine.Wait(container.Id, Long, Cancellation).ExitCode);
        }

        Assert.Equal(["1\n", "2\n", "3\n"], Engine.ReadLog(container.Id, new LogQuery(), Cancellation).Select(r => r.Text));
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void A_log_is_followed_to_the_containers_end_and_rotated_as_asked()
    {
        ContainerSnapshot container = Start(
            "i=0; while [ $i -lt 400 ]; do echo \"line $i of this log, which is long enough\"; i=$((i+1)); done",
            o => o with { Log = new LogOptions { MaxSize = 8192, MaxFiles = 2 } });
        string[] lines = [.. Engine.ReadLog(container.Id, new LogQuery { Follow = true }, Cancellation).Select(r => r.Text)];
        Assert.Equal(0, Engine.Wait(container.Id, Long, Cancellation).ExitCode);
        Assert.Equal("line 399 of this log, which is long enough\n", lines[^1]);
        string[] files = [.. Directory.EnumerateFiles($"{fixture.StateRoot}/containers/{container.Id}", "container.log*")];
        Assert.Equal(2, files.Length);
        Assert.All(files, file => Assert.True(new FileInfo(file).Length <= 8192));
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_container_that_is_to_go_at_its_end_goes_without_any_session()
    {
        ContainerSnapshot container = Start("echo x", o => o with { RemoveOnExit = true });
        Assert.True(EngineFixture.Patiently(() => Engine.List().Count == 0), "still there");
        Assert.Empty(Directory.EnumerateFileSystemEntries($"{fixture.StateRoot}/names"));
        Assert.False(Directory.Exists($"{fixture.StateRoot}/containers/{container.Id}"));
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_monitor_that_is_killed_takes_the_container_with_it_and_no_exit_code_is_made_up()
    {
        ContainerSnapshot container = Start("echo again; " + Forever);
        AwaitLog(container.Id, "again\n");
        KillMonitor(container);
        Assert.True(EngineFixture.Patiently(() => Engine.Get(container.Id).State == ContainerState.Exited));
        ContainerSnapshot lost = Engine.Get(container.Id);
        Assert.Equal((StateReason.MonitorLost, null, null, null), (lost.Reason, lost.ExitCode, lost.Signal, lost.ProcessId));
        Assert.Equal(ContainerState.Running, Engine.Start(container.Id, Cancellation).State);
        Assert.Equal(137, Engine.Stop(container.Id, 9, Long, Cancellation).ExitCode);
        Engine.Remove(container.Id, force: false, Cancellation);

        ContainerSnapshot second = Start(Forever);
        KillMonitor(second);
        _ = Engine.Wait(second.Id, Long, Cancellation);
        Engine.Remove(second.Id, force: false, Cancellation);
    }

    [Fact]
    public void A_container_whose_monitor_is_stopped_can_be_removed()
    {
        ContainerSnapshot container = Start("sleep 1000");
        using FileDescriptor monitor = Pidfd.TryOpen(container.MonitorProcessId!.Value, out _)!;
        Assert.Equal(Errno.None, Pidfd.TrySignal(monitor, Tmds.Linux.LibC.SIGSTOP));
        Engine.Remove(container.Id, force: true, Cancellation);
        Assert.Empty(Engine.List());
        Assert.True(Channels.WaitReadable(monitor, TimeSpan.FromSeconds(5), Cancellation), "the monitor is still there");
    }

    [Fact]
    public void A_container_of_an_earlier_boot_is_shown_so_and_starts_again()
    {
        ContainerSnapshot container = Create("exit 4");
        File.WriteAllText(
            $"{fixture.StateRoot}/containers/{container.Id}/running.json",
            $$"""{"bootId":"00000000-0000-0000-0000-000000000000","pid":{{Environment.ProcessId}},"pidStart":1,"monitor":1,"monitorStart":1,"startedAt":1700000000000000000}""");
        ContainerSnapshot seen = Engine.Get(container.Id);
        Assert.Equal((ContainerState.Exited, StateReason.Rebooted, null), (seen.State, seen.Reason, seen.ExitCode));

        // The runtime folder lies in memory: it is gone too.
        Directory.Delete($"{fixture.RuntimeRoot}/containers/{container.Id}", recursive: true);
        Assert.Equal(EngineErrorReason.NotRunning, Assert.Throws<EngineException>(() => Engine.Signal(container.Id, 9)).Reason);
        _ = Engine.Start(container.Id, Cancellation);
        Assert.Equal(4, Engine.Wait(container.Id, Long, Cancellation).ExitCode);
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void A_container_whose_maker_died_is_listed_as_incomplete_and_removed()
    {
        _ = Engine;
        string id = new('5', 64);
        DateTimeOffset before = DateTimeOffset.UtcNow.AddSeconds(-1);
        using (var store = new ContainerStore(new StorageRoots(fixture.StateRoot, fixture.RuntimeRoot)))
        {
            using (ContainerLock held = store.Claim(id))
            {
                store.Names.Claim("half-made", id);
                store.MakeStateFolder(id, hasLayer: true);
                ContainerSnapshot making = Assert.Single(Engine.List());
                Assert.Equal((ContainerState.Creating, StateReason.None), (making.State, making.Reason));
                Assert.InRange(making.CreatedAt!.Value, before, DateTimeOffset.UtcNow);
            }
        }

        ContainerSnapshot left = Engine.Get("half-made");
        Assert.Equal((ContainerState.Creating, StateReason.Incomplete), (left.State, left.Reason));
        Assert.InRange(left.CreatedAt!.Value, before, DateTimeOffset.UtcNow);

        // As after the machine's start, when the runtime folder is gone: the state folder is what tells.
        Directory.SetLastWriteTimeUtc($"{fixture.StateRoot}/containers/{id}", new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        Assert.Equal(new DateTimeOffset(2020, 1, 2, 3, 4, 5, TimeSpan.Zero), Engine.Get(id).CreatedAt);
        Assert.Equal(EngineErrorReason.Busy, Assert.Throws<EngineException>(() => Engine.Start(id, Cancellation)).Reason);
        Engine.Remove(id, force: false, Cancellation);
        Assert.Empty(Engine.List());
    }

    [Fact]
    public async Task A_killed_session_leaves_the_container_running_logging_and_removed_at_its_end()
    {
        string root = fixture.MakeRoot(), shared = fixture.MakeFolder("shared");
        _ = Engine;
        using Process session = SessionToKill.Start(nameof(SessionToKill.RunLong), fixture.ConfigurationPath, root, shared);
        try
        {
            Assert.True(EngineFixture.Patiently(() => File.Exists($"{shared}/ready")), "the session started no container");
        }
        finally
        {
            session.Kill();
            await session.WaitForExitAsync(Cancellation);
        }

        ContainerSnapshot container = Assert.Single(Engine.List());
        Assert.Equal(ContainerState.Running, container.State);

        // More than the pipe to the dead session could hold.
        using var isReading = new ManualResetEventSlim();
        string Text(LogRecord record)
        {
            isReading.Set();
            return record.Text.TrimEnd('\n');
        }

        var log = Task.Run(() => Engine.ReadLog(container.Id, new LogQuery { Follow = true }, Cancellation).Select(Text).ToArray(), Cancellation);
        Assert.True(isReading.Wait(Long, Cancellation), "the log is not read");
        Assert.True(EngineFixture.Patiently(() => File.Exists($"{shared}/half")), "the container halted with its session");
        Assert.Equal(ContainerState.Running, Engine.Get(container.Id).State);
        File.WriteAllText($"{shared}/go", string.Empty);
        Assert.True(EngineFixture.Patiently(() => Engine.List().Count == 0), "not removed");
        string[] lines = await log;
        Assert.Equal("first", lines[0]);
        Assert.Equal("last", lines[^1]);
        Assert.Equal(20002, lines.Length);
    }

    private ContainerSnapshot Create(string script, Func<ContainerOptions, ContainerOptions>? change = null)
    {
        string root = Directory.Exists($"{fixture.Root}/rootfs") ? $"{fixture.Root}/rootfs" : fixture.MakeRoot();
        var options = new ContainerOptions { RootFileSystem = root, Command = ["sh", "-c", script] };
        return Engine.Create(change is null ? options : change(options), Cancellation);
    }

    private ContainerSnapshot Start(string script, Func<ContainerOptions, ContainerOptions>? change = null) =>
        Engine.Start(Create(script, change).Id, Cancellation);

    private void AwaitLog(string id, string text) => Assert.True(
        EngineFixture.Patiently(() => Engine.ReadLog(id, new LogQuery(), Cancellation).Any(r => r.Text == text)), $"'{text}' did not come");

    private static void KillMonitor(ContainerSnapshot container)
    {
        using var monitor = Process.GetProcessById(container.MonitorProcessId!.Value);
        monitor.Kill();
    }

    private static bool IsOf(ContainerSnapshot container)
    {
        try
        {
            return File.ReadAllText($"/proc/{container.ProcessId}/cgroup").Contains(container.Id, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
