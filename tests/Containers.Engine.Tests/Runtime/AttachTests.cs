using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Containers.Engine.Runtime;
using Containers.Init.Plan;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Sessions that attach to running containers, as many at once as they like.</summary>
public sealed class AttachTests : IDisposable
{
    private const string AwaitGo = "while ! test -e /tmp/go; do sleep 0.02; done; ";

    private readonly EngineFixture fixture = new();
    private readonly string root;

    public AttachTests() => root = fixture.MakeRoot();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        fixture.RemoveContainers();
        fixture.Dispose();
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_session_gets_what_is_written_from_then_on_and_the_end()
    {
        string id = Started("echo before; touch /tmp/begun; " + AwaitGo + "echo after; echo error >&2; exit 3");
        Await("begun");
        using ForegroundProcess attached = Attach(id);
        Assert.Null(attached.StandardInput);
        RunResult result = EngineFixture.Finish(attached, during: _ => Go());
        Assert.Equal((3, "after\n", "error\n"), (result.ExitCode, result.Output, result.Error));
        Assert.Equal((ContainerState.Exited, 3), (result.Container.State, fixture.Engine.Get(id).ExitCode));
    }

    [Fact]
    public async Task All_sessions_get_every_byte_and_are_told_the_end()
    {
        string expected = string.Concat(Enumerable.Range(1, 50_000).Select(number => $"{number}\n"));
        using ForegroundProcess first = fixture.Engine.Run(Options(AwaitGo + "seq 1 50000; exit 4") with { Log = new LogOptions { MaxFiles = 1 } }, withInput: false, Cancellation);
        using ContainerEngine other = fixture.OpenAnother();
        using ForegroundProcess second = Attach(first.Container!.Id), third = other.Attach(first.Container!.Id, withInput: true, Cancellation);
        Task<RunResult>[] all = [.. new[] { first, second, third }.Select(session => Task.Run(() => EngineFixture.Finish(session), Cancellation))];
        Go();
        Assert.All(await Task.WhenAll(all), session => Assert.Equal((4, expected), (session.ExitCode, session.Output)));
    }

    [Fact]
    public void Standard_input_stays_open_while_nobody_is_attached()
    {
        string id = Started("read a; read b; echo $a $b", interactive: true);
        using (ForegroundProcess first = Attach(id))
        {
            first.StandardInput!.Write("one\n"u8);
        }

        using (ForegroundProcess looking = fixture.Engine.Attach(id, withInput: false, Cancellation))
        {
            Assert.Null(looking.StandardInput);
        }

        using ForegroundProcess second = Attach(id);
        Assert.Equal("one two\n", EngineFixture.Finish(second, "two\n"u8.ToArray()).Good());
    }

    [Fact]
    public void That_of_a_container_in_the_foreground_ends_with_its_sessions()
    {
        using ForegroundProcess first = fixture.Engine.Run(Options("cat; echo over") with { Interactive = true }, withInput: true, Cancellation);
        using ForegroundProcess second = Attach(first.Container!.Id);
        Assert.Null(second.StandardInput);
        Assert.Equal("text\nover\n", EngineFixture.Finish(first, "text\n"u8.ToArray()).Good());
        Assert.Equal("text\nover\n", EngineFixture.Finish(second).Good());
    }

    [Fact]
    public async Task A_reader_that_stops_makes_the_container_wait_until_it_has_gone()
    {
        string id = Started(AwaitGo + "head -c 1000000 /dev/zero; touch /tmp/written");
        using ForegroundProcess slow = Attach(id), quick = Attach(id);
        Task<RunResult> all = Task.Run(() => EngineFixture.Finish(quick), Cancellation);
        Go();
        await Task.Delay(500, Cancellation);
        Assert.False(File.Exists($"{root}/tmp/written"));
        slow.Dispose();
        Assert.Equal(1_000_000, (await all).Good().Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_session_that_is_killed_is_forgotten(bool whileItIsAwaited)
    {
        string id = Started("while ! test -e /tmp/go; do head -c 4096 /dev/zero; sleep 0.01; done; echo; echo last");
        string shared = fixture.MakeFolder("shared");
        using Process session = SessionToKill.Start(nameof(SessionToKill.AttachTo), fixture.ConfigurationPath, id, shared);
        Assert.True(EngineFixture.Patiently(() => File.Exists($"{shared}/ready")));
        if (whileItIsAwaited)
        {
            // Its pipe, of 64 kB, is full.
            Thread.Sleep(500);
        }

        session.Kill();
        session.WaitForExit();
        using ForegroundProcess attached = Attach(id);
        Assert.EndsWith("\nlast\n", EngineFixture.Finish(attached, during: _ => Go()).Good(), StringComparison.Ordinal);
    }

    [Fact]
    public void Eight_may_be_attached()
    {
        string id = Started("sleep 1000");
        ForegroundProcess[] attached = [.. Enumerable.Range(0, 8).Select(_ => Attach(id))];
        EngineException error = Assert.Throws<EngineException>(() => Attach(id));
        Assert.Equal(EngineErrorReason.Busy, error.Reason);
        Assert.StartsWith("8 sessions are attached", error.Message, StringComparison.Ordinal);
        attached[3].Dispose();
        attached[3] = Attach(id);
        fixture.Engine.Signal(id, 9);
        foreach (ForegroundProcess session in attached)
        {
            Assert.Equal(137, EngineFixture.Finish(session).ExitCode);
            session.Dispose();
        }
    }

    [Fact]
    public void A_container_that_goes_at_its_end_goes_without_the_session_that_started_it()
    {
        string shared = fixture.MakeFolder("shared");
        using Process session = SessionToKill.Start(nameof(SessionToKill.RunLong), fixture.ConfigurationPath, root, shared);
        Assert.True(EngineFixture.Patiently(() => File.Exists($"{shared}/half")));
        string id = Assert.Single(fixture.Engine.List()).Id;
        using ForegroundProcess attached = Attach(id);
        session.Kill();
        session.WaitForExit();
        Assert.Equal("last\n", EngineFixture.Finish(attached, during: _ => File.WriteAllText($"{shared}/go", string.Empty)).Good());
        Assert.True(EngineFixture.Patiently(() => fixture.Engine.List().Count == 0));
    }

    [Fact]
    public void One_that_was_started_on_its_own_goes_too()
    {
        string id = fixture.Engine.Start(fixture.Engine.Create(Options(AwaitGo + "exit 5") with { RemoveOnExit = true }, Cancellation).Id, Cancellation).Id;
        using ForegroundProcess attached = Attach(id);
        Assert.Equal(5, EngineFixture.Finish(attached, during: _ => Go()).ExitCode);
        Assert.True(EngineFixture.Patiently(() => fixture.Engine.List().Count == 0));
    }

    [Fact]
    public void Who_takes_nothing_holds_up_no_restart()
    {
        using var restarts = new RestartFixture();
        ContainerSnapshot container = restarts.Start("always", "echo >> /shared/lives; while [ ! -e /shared/go ]; do sleep 0.02; done; seq 20000");
        using (ForegroundProcess stalled = restarts.Engine.Attach(container.Id, withInput: false, Cancellation))
        {
            File.WriteAllText($"{restarts.Shared}/go", string.Empty);

            // It is given ten seconds.
            Assert.True(
                EngineFixture.Patiently(() => restarts.Lives > 1) || EngineFixture.Patiently(() => restarts.Lives > 1), "the session that takes nothing holds it up");
            File.Delete($"{restarts.Shared}/go");
            Assert.Contains(restarts.Engine.ReadLog(container.Id, new Logs.LogQuery(), Cancellation), static record => record.Text == "20000\n");
        }

        restarts.Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void Who_takes_nothing_holds_up_no_removal()
    {
        ContainerOptions options = new() { RootFileSystem = fixture.MakeRoot("removed"), RemoveOnExit = true, Command = ["sh", "-c", "read go; seq 20000"] };
        using ForegroundProcess container = fixture.Engine.Run(options, withInput: true, Cancellation);
        using ForegroundProcess stalled = fixture.Engine.Attach(container.Container!.Id, withInput: false, Cancellation);
        RunResult result = EngineFixture.Finish(container, "go\n"u8.ToArray());
        Assert.EndsWith("\n20000\n", result.Output, StringComparison.Ordinal);
        Assert.True(EngineFixture.Patiently(() => fixture.Engine.List().Count == 0));
    }

    [Fact]
    public void Who_says_nothing_keeps_nobody_waiting()
    {
        string id = Started(AwaitGo + "echo done");
        using FileDescriptor folder = RuntimeFolder(id);
        FileDescriptor[] silent = [.. Enumerable.Range(0, 12).Select(number => LocalSockets.TryConnect(folder, "attach", out Errno _)!)];
        using FileDescriptor odd = LocalSockets.TryConnect(folder, "attach", out _)!;
        Assert.True(Channels.TrySend(odd, (byte)1));
        using FileDescriptor noPipe = LocalSockets.TryConnect(folder, "attach", out _)!, zero = Files.Open(Files.CurrentFolder, "/dev/zero", LibC.O_RDWR);
        Assert.True(LocalSockets.TrySend(noPipe, new SessionMessage { Kind = SessionMessage.Attach }, zero, zero, zero));
        using ForegroundProcess attached = Attach(id);
        Assert.Equal("done\n", EngineFixture.Finish(attached, during: _ => Go()).Good());
        foreach (FileDescriptor socket in silent)
        {
            socket.Dispose();
        }
    }

    [Fact]
    public void Other_users_are_kept_out()
    {
        string id = Started("sleep 1000");
        string folder = $"{fixture.RuntimeRoot}/containers/{id}";
        Assert.Equal((0x1C0, 0x180), ((int)File.GetUnixFileMode(folder), (int)File.GetUnixFileMode($"{folder}/attach")));

        // A name without a file would have no mode, and be every container's that has this network.
        Assert.DoesNotContain(File.ReadAllLines("/proc/net/unix"), line => line.Contains('@', StringComparison.Ordinal) && line.EndsWith("attach", StringComparison.Ordinal));

        // Though files' modes let them in, the monitor does not.
        foreach (string opened in (string[])[fixture.Root, fixture.RuntimeRoot, $"{fixture.RuntimeRoot}/containers", folder, $"{folder}/attach"])
        {
            File.SetUnixFileMode(opened, (UnixFileMode)0x1FF);
        }

        Assert.Equal("refused", Ask(id, uid: 65534));
        Assert.Equal("attached", Ask(id, uid: 0));
    }

    [Fact]
    public void A_stream_that_has_ended_is_ended_for_who_attaches()
    {
        string id = Started("exec >&-; touch /tmp/begun; " + AwaitGo + "echo error >&2");
        Await("begun");
        using ForegroundProcess attached = Attach(id);
        Assert.Equal(0, attached.StandardOutput.Read(new byte[10]));
        Assert.Equal("error\n", EngineFixture.Finish(attached, during: _ => Go()).Error);
    }

    [Fact]
    public void Each_life_has_a_socket_of_its_own()
    {
        string id = Started(AwaitGo + "echo $$");
        Go();
        fixture.Engine.Wait(id, TimeSpan.FromSeconds(20), Cancellation);
        File.Delete($"{root}/tmp/go");
        fixture.Engine.Start(id, Cancellation);
        using ForegroundProcess attached = Attach(id);
        Assert.Equal("1\n", EngineFixture.Finish(attached, during: _ => Go()).Good());
    }

    [Fact]
    public void A_terminal_is_typed_into_and_sized_by_each_session()
    {
        File.CreateSymbolicLink($"{root}/bin/stty", "busybox");

        // A signal ends the shell's read without a line.
        string id = fixture.Engine.Start(
            fixture.Engine.Create(Options("trap 'stty size' WINCH; until test \"$line\" = end; do read line && echo got $line; done") with { Tty = true }, Cancellation).Id, Cancellation).Id;
        using ForegroundProcess looking = fixture.Engine.Attach(id, withInput: false, Cancellation);
        Assert.Null(looking.Terminal);
        using (ForegroundProcess first = Attach(id))
        {
            Assert.Null(first.StandardError);
            Files.Write(first.Terminal!, "one\n"u8, "the terminal");
            ReadUntil(first, "got one");
        }

        using ForegroundProcess second = Attach(id);
        Terminals.SetSize(second.Terminal!, new TerminalSize(50, 120));
        Files.Write(second.Terminal!, "two\n"u8, "the terminal");
        ReadUntil(second, "got two");
        Files.Write(second.Terminal!, "end\n"u8, "the terminal");
        Assert.Equal(0, EngineFixture.Finish(second).ExitCode);
        string shown = EngineFixture.Finish(looking).Output;
        Assert.Contains("50 120", shown, StringComparison.Ordinal);
        Assert.Contains("got one", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_attached_to_is_said()
    {
        string id = fixture.Engine.Create(Options("sleep 1000"), Cancellation).Id;
        Assert.Contains("is not running", Refused(id, EngineErrorReason.NotRunning), StringComparison.Ordinal);
        fixture.Engine.Start(id, Cancellation);
        fixture.Engine.Suspend(id, Cancellation);
        Assert.Contains("is paused", Refused(id, EngineErrorReason.Busy), StringComparison.Ordinal);
        fixture.Engine.Resume(id, Cancellation);
        File.Delete($"{fixture.RuntimeRoot}/containers/{id}/attach");
        Assert.Contains("lets no session attach", Refused(id, EngineErrorReason.NotSupported), StringComparison.Ordinal);
    }

    [Fact]
    public void A_monitor_that_is_stopped_keeps_nobody_waiting_for_long()
    {
        string id = Started("sleep 1000");
        var monitor = new ProcessIdentity(fixture.Engine.Get(id).MonitorProcessId!.Value, 0, string.Empty);
        Signal(monitor.Pid, LibC.SIGSTOP);
        Assert.Contains($"kill -CONT {monitor.Pid}", Refused(id, EngineErrorReason.Timeout), StringComparison.Ordinal);
        Signal(monitor.Pid, LibC.SIGCONT);
        Attach(id).Dispose();
    }

    [Fact]
    public void Where_the_monitor_is_killed_the_session_says_so()
    {
        string id = Started("sleep 1000");
        using ForegroundProcess attached = Attach(id);
        Signal(fixture.Engine.Get(id).MonitorProcessId!.Value, LibC.SIGKILL);
        _ = EngineFixture.Finish(attached);
        Assert.Equal((StateReason.MonitorLost, (int?)null), (attached.Container!.Reason, attached.Container!.ExitCode));
    }

    private static void Signal(int pid, int signal) => Assert.Equal(0, LibC.kill(pid, signal));

    private ContainerOptions Options(string script) => new() { RootFileSystem = root, Command = ["sh", "-c", script] };

    private string Started(string script, bool interactive = false) =>
        fixture.Engine.Start(fixture.Engine.Create(Options(script) with { Interactive = interactive }, Cancellation).Id, Cancellation).Id;

    private ForegroundProcess Attach(string id) => fixture.Engine.Attach(id, withInput: true, Cancellation);

    private string Refused(string id, EngineErrorReason reason)
    {
        EngineException error = Assert.Throws<EngineException>(() => Attach(id));
        Assert.Equal(reason, error.Reason);
        return error.Message;
    }

    private void Go() => File.WriteAllText($"{root}/tmp/go", string.Empty);

    private void Await(string sign) => Assert.True(EngineFixture.Patiently(() => File.Exists($"{root}/tmp/{sign}")));

    private FileDescriptor RuntimeFolder(string id) => Files.Open(Files.CurrentFolder, $"{fixture.RuntimeRoot}/containers/{id}", LibC.O_PATH | LibC.O_DIRECTORY);

    /// <summary>Asks the monitor as another user: credentials are a thread's own where libc does not spread them.</summary>
    private string Ask(string id, int uid)
    {
        string answer = string.Empty;
        var thread = new Thread(() =>
        {
            int setresuid = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 117 : 147;
            using FileDescriptor folder = RuntimeFolder(id);
            (FileDescriptor read, FileDescriptor write) = Channels.MakePipe();
            Assert.Equal(0, (long)LibC.syscall(setresuid, uid, uid, uid));
            using FileDescriptor socket = LocalSockets.TryConnect(folder, "attach", out _)!;
            _ = LocalSockets.TrySend(socket, new SessionMessage { Kind = SessionMessage.Attach }, write, write);
            _ = Channels.WaitReadable(socket, TimeSpan.FromSeconds(20), CancellationToken.None);
            answer = Channels.TryReceive(socket, out SessionMessage message, out _) && message.Kind == SessionMessage.Started ? "attached" : "refused";
            read.Dispose();
            write.Dispose();
        });
        thread.Start();
        thread.Join();
        return answer;
    }

    private static void ReadUntil(ForegroundProcess command, string text)
    {
        var shown = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (!shown.ToString().Contains(text, StringComparison.Ordinal))
        {
            int read = command.StandardOutput.Read(buffer);
            Assert.True(read > 0, $"the output ended without '{text}': {shown}");
            shown.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
    }
}
