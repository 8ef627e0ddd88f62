using System.Diagnostics;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Interop;

namespace Containers.Engine.Tests.Runtime;

/// <summary>The machine's start and end.</summary>
public sealed class StartupTests : IDisposable
{
    private const string Forever = "while :; do sleep 0.05; done";
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private readonly RestartFixture restarts = new();

    private ContainerEngine Engine => restarts.Engine;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => restarts.Dispose();

    [Theory]
    [InlineData("no", "lost", false)]
    [InlineData("always", "lost", true)]
    [InlineData("always", "stopped", true)]
    [InlineData("always", "created", false)]
    [InlineData("unless-stopped", "lost", true)]
    [InlineData("unless-stopped", "stopped", false)]
    [InlineData("on-failure", "lost", true)]
    [InlineData("on-failure", "stopped", false)]
    [InlineData("on-failure:1", "exhausted", false)]
    public void After_a_reboot_those_are_started_whose_policy_says_so(string policy, string past, bool isStarted)
    {
        ContainerSnapshot container = restarts.Create(policy, Forever);
        if (past != "created")
        {
            Engine.Start(container.Id, Cancellation);
            if (past == "exhausted")
            {
                restarts.Write(container.Id, restart => restart with { Count = 1 });
            }

            if (past == "stopped")
            {
                Engine.Stop(container.Id, 9, Long, Cancellation);
            }
            else
            {
                KillMonitor(container.Id);
                restarts.Reboot(container);
            }
        }

        Assert.Equal(isStarted, Engine.IsForStartup(container.Id));
        Engine.StartAllByPolicy((_, failure) => Assert.Fail(failure.Message), Cancellation);

        ContainerSnapshot after = Engine.Get(container.Id);
        Assert.Equal(isStarted, after.State == ContainerState.Running);
        Assert.False(isStarted && restarts.IsThere(container.Id, "stopped"));
        Assert.False(Engine.IsForStartup(container.Id));
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void A_start_with_the_machine_that_fails_is_told_and_may_be_tried_again()
    {
        string volume = restarts.Fixture.MakeFolder("volume");
        ContainerSnapshot made = Engine.Create(restarts.Options("always", Forever) with { Volumes = [new BindMount(volume, "/volume", false)] }, Cancellation);
        restarts.Reboot(made);
        Directory.Delete(volume);

        var failures = new List<string>();
        Engine.StartAllByPolicy((container, failure) => failures.Add($"{container.Name}: {failure.Message}"), Cancellation);

        Assert.Contains(volume, Assert.Single(failures), StringComparison.Ordinal);
        ContainerSnapshot failed = Engine.Get(made.Id);
        Assert.Equal((ContainerState.Exited, StateReason.Rebooted), (failed.State, failed.Reason));
        Assert.Contains(volume, failed.RestartError, StringComparison.Ordinal);
        Directory.CreateDirectory(volume);
        Assert.Equal(ContainerState.Running, Engine.StartByPolicy(made.Id, Cancellation)!.State);
        Assert.Null(Engine.Get(made.Id).RestartError);
        Engine.Remove(made.Id, force: true, Cancellation);
    }

    [Fact]
    public void Before_the_machines_end_all_end_in_their_own_way_and_are_started_with_it_again()
    {
        ContainerSnapshot always = restarts.Start("always", "trap 'echo > /shared/bye; exit 0' TERM; echo > /shared/ready; " + Forever);
        ContainerSnapshot unless = restarts.Start("unless-stopped", Forever), plain = restarts.Start("no", Forever), waiting = restarts.StartWaiting("unless-stopped");
        ContainerSnapshot byUser = restarts.Start("unless-stopped", Forever);
        Engine.Stop(byUser.Id, 9, Long, Cancellation);
        RestartFixture.Await(() => File.Exists($"{restarts.Shared}/ready"), "it does not run");
        restarts.Fixture.Configure("\"runtime\": { \"stopTimeout\": 1 }");
        Assert.Equal((0, string.Empty), RunProgram("stop"));

        Assert.All(Engine.List(), container => Assert.Equal(ContainerState.Exited, container.State));
        Assert.True(File.Exists($"{restarts.Shared}/bye"));

        Assert.Equal((0, string.Empty), RunProgram("start"));
        Assert.Equal(
            [always.Id, unless.Id, waiting.Id], Engine.List().Where(container => container.State == ContainerState.Running).Select(container => container.Id));
        Assert.Equal(ContainerState.Exited, Engine.Get(plain.Id).State);
        restarts.Fixture.RemoveContainers();
    }

    [Theory]
    [InlineData(15)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_monitor_is_not_ended_by_what_all_processes_are_sent_at_the_machines_end(int signal)
    {
        ContainerSnapshot container = restarts.Start("no", "trap 'sleep 0.2; echo > /shared/bye; exit 3' TERM; echo > /shared/ready; " + Forever);
        RestartFixture.Await(() => File.Exists($"{restarts.Shared}/ready"), "it does not run");
        using FileDescriptor monitor = Pidfd.TryOpen(container.MonitorProcessId!.Value, out _)!;
        Assert.Equal(Errno.None, Pidfd.TrySignal(monitor, signal));
        ContainerSnapshot ended = Engine.Stop(container.Id, null, Long, Cancellation);
        Assert.Equal((ContainerState.Exited, 3), (ended.State, ended.ExitCode));
        Assert.True(File.Exists($"{restarts.Shared}/bye"));
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void A_process_that_waits_for_a_start_ends_when_the_machine_asks_it_to()
    {
        ContainerSnapshot container = restarts.StartWaiting();
        using FileDescriptor waiter = restarts.Restarts(container.Id).Waiter!.ToIdentity().TryOpen()!;
        Assert.Equal(Errno.None, Pidfd.TrySignal(waiter, 15));
        Assert.True(Channels.WaitReadable(waiter, TimeSpan.FromSeconds(5), Cancellation), "it waits on");
        Assert.Equal(ContainerState.Exited, Engine.Get(container.Id).State);
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void The_unit_names_the_program_and_what_the_session_works_on()
    {
        string text = Engine.GetStartupUnit().Text;
        Assert.Contains($"Environment=\"CONTAINERS_CONFIG={restarts.Fixture.ConfigurationPath}\"\n", text, StringComparison.Ordinal);
        Assert.Contains("\nType=oneshot\nRemainAfterExit=yes\n", text, StringComparison.Ordinal);
        Assert.Matches("\nExecStart=-\"/.*/containers\" start\nExecStop=\"/.*/containers\" stop\n", text);
        Assert.Contains("\nAfter=network-online.target local-fs.target\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_unit_is_one_for_systemd_whatever_is_in_its_paths()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "systemd-analyze is not installed");
        string odd = restarts.Fixture.MakeFolder("a \"b\" 100%n \\x $HOME 'é");
        string plain = restarts.Fixture.MakeFolder("a b 100%n $HOME é");
        File.Copy("/bin/true", $"{plain}/containers");
        string text = StartupUnit.Write($"{plain}/containers", new StorageRoots($"{odd}/state", $"{odd}/run"), [$"CONTAINERS_ROOT={odd}", "CONTAINERS_CONFIG=/etc/a\tb\n"]);
        string file = $"{restarts.Fixture.MakeFolder("units")}/containers.service";
        File.WriteAllText(file, text);

        (int exitCode, string told) = Run("/usr/bin/systemd-analyze", "verify", "--man=no", file);

        Assert.True(exitCode == 0 && !told.Contains(file, StringComparison.Ordinal) && !told.Contains("containers.service", StringComparison.Ordinal), $"{exitCode}: {told}\n{text}");

        // It is the test that can fail: what is not quoted, it does see.
        File.WriteAllText(file, text.Replace("100%%n", "100%n", StringComparison.Ordinal));
        (exitCode, told) = Run("/usr/bin/systemd-analyze", "verify", "--man=no", file);
        Assert.True(exitCode != 0 || told.Contains("containers.service", StringComparison.Ordinal), told);
    }

    [Fact]
    public void The_unit_is_written_replaced_by_force_alone_and_removed()
    {
        StartupUnit unit = Engine.GetStartupUnit();
        string folder = restarts.Fixture.MakeFolder("units"), file = $"{folder}/containers.service";
        Assert.Equal(file, unit.Install(folder, force: false));
        Assert.Equal(unit.Text, File.ReadAllText(file));
        Assert.Equal((UnixFileMode)0x1A4, File.GetUnixFileMode(file));
        _ = unit.Install(folder, force: false);

        File.WriteAllText(file, "mine");
        Assert.Equal(EngineErrorReason.AlreadyExists, Assert.Throws<EngineException>(() => unit.Install(folder, force: false)).Reason);
        Assert.Equal(EngineErrorReason.Busy, Assert.Throws<EngineException>(() => StartupUnit.Uninstall(folder, force: false)).Reason);
        Assert.Equal("mine", File.ReadAllText(file));
        _ = unit.Install(folder, force: true);
        _ = StartupUnit.Uninstall(folder, force: false);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
        Assert.Equal(EngineErrorReason.NotFound, Assert.Throws<EngineException>(() => StartupUnit.Uninstall(folder, force: false)).Reason);
        Assert.Equal(EngineErrorReason.NotFound, Assert.Throws<EngineException>(() => unit.Install($"{folder}/none", force: false)).Reason);
    }

    private (int ExitCode, string Told) RunProgram(string command) => Run(Path.Combine(AppContext.BaseDirectory, "containers"), command);

    private (int ExitCode, string Told) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false };
        start.Environment["CONTAINERS_CONFIG"] = restarts.Fixture.ConfigurationPath;
        using var process = Process.Start(start)!;
        string told = process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(Long));
        return (process.ExitCode, told);
    }

    private void KillMonitor(string id)
    {
        using (var monitor = Process.GetProcessById(Engine.Get(id).MonitorProcessId!.Value))
        {
            monitor.Kill();
        }

        RestartFixture.Await(() => Engine.Get(id).State == ContainerState.Exited, "it lives on");
    }
}
