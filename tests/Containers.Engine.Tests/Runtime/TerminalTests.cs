using System.Text;
using Containers.Engine.Logs;
using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Commands with a terminal, of a container and in one.</summary>
public sealed class TerminalTests : IDisposable
{
    private static readonly TerminalSize Size = new(Rows: 33, Columns: 101);

    private readonly EngineFixture fixture = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        fixture.RemoveContainers();
        fixture.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Kernel", "CgroupV2")]
    public void A_containers_command_has_a_terminal_of_its_own(bool withInit)
    {
        string output = Run("for f in 0 1 2; do readlink /proc/self/fd/$f; done; stty size; echo $TERM; echo to the terminal >/dev/tty; echo to the console >/dev/console", withInit);
        Assert.Equal("/dev/pts/0\r\n/dev/pts/0\r\n/dev/pts/0\r\n33 101\r\nxterm\r\nto the terminal\r\nto the console\r\n", output);
    }

    [Fact]
    public void A_further_command_has_one_too()
    {
        string id = Started();
        using ForegroundProcess command = Execute(id, "tty; stty size; stat -c %u $(tty); id -u >/dev/tty", "user");
        Assert.Null(command.StandardInput);
        Assert.Null(command.StandardError);
        Assert.Equal("/dev/pts/0\r\n33 101\r\n1000\r\n1000\r\n", EngineFixture.Finish(command).Good());
        using ForegroundProcess without = fixture.Engine.Execute(id, new ExecOptions { Command = ["sh", "-c", "tty || true"] }, withInput: false, Cancellation);
        Assert.Equal("not a tty\n", EngineFixture.Finish(without).Good());
    }

    [Fact]
    public void What_is_typed_is_read_and_shown()
    {
        using ForegroundProcess command = Execute(Started(), "read line; echo got $line; cat");
        Type(command, "hello\n");
        Assert.Contains("got hello", ReadUntil(command, "got hello"), StringComparison.Ordinal);

        // Ctrl-D, the terminal's end-of-file.
        Type(command, "more\n\u0004");
        RunResult result = EngineFixture.Finish(command);
        Assert.Equal((0, "more\r\nmore\r\n"), (result.ExitCode, result.Output.TrimStart('\r', '\n')));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Ctrl_C_reaches_the_programs_inside_once(bool withInit)
    {
        ContainerOptions options = Options("trap 'echo interrupted' INT; echo ready; while ! test -e /tmp/stop; do sleep 0.1; done", withInit);
        using ForegroundProcess container = fixture.Engine.Run(options, withInput: true, Cancellation);
        ReadUntil(container, "ready");
        Type(container, "\u0003");
        string shown = ReadUntil(container, "interrupted");
        File.WriteAllText($"{options.RootFileSystem}/tmp/stop", string.Empty);
        shown += EngineFixture.Finish(container).Good();
        Assert.Single(shown.Split('\n'), line => line.Contains("interrupted", StringComparison.Ordinal));
    }

    [Fact]
    public void A_change_of_size_reaches_the_program()
    {
        using ForegroundProcess command = Execute(Started(), "trap 'stty size; exit 0' WINCH; echo ready; while true; do sleep 0.1; done");
        ReadUntil(command, "ready");
        Terminals.SetSize(command.Terminal!, new TerminalSize(50, 120));
        Assert.Contains("50 120", EngineFixture.Finish(command).Good(), StringComparison.Ordinal);
    }

    [Fact]
    public void Its_output_is_logged_when_nobody_is_attached()
    {
        string id = fixture.Engine.Start(fixture.Engine.Create(Options("tty; echo done") with { RemoveOnExit = false }, Cancellation).Id, Cancellation).Id;
        Assert.Equal(0, fixture.Engine.Wait(id, TimeSpan.FromSeconds(20), Cancellation).ExitCode);
        Assert.Equal(["/dev/pts/0\r\n", "done\r\n"], fixture.Engine.ReadLog(id, new LogQuery(), Cancellation).Select(record => record.Text));
    }

    [Fact]
    public void A_megabyte_of_output_comes_through_a_slow_reader_whole()
    {
        using ForegroundProcess command = Execute(Started(), "stty -opost; head -c 1000000 /dev/zero | tr '\\0' x; sleep 0.2");
        long count = 0;
        byte[] buffer = new byte[65536];
        for (int read = command.StandardOutput.Read(buffer); read > 0; read = command.StandardOutput.Read(buffer))
        {
            count += read;
            Thread.Sleep(1);
        }

        Assert.Equal((1000000, 0), (count, command.WaitForExit(Cancellation).ExitCode));
    }

    [Fact]
    public void A_multiplexer_that_the_container_has_put_there_is_refused()
    {
        // A privileged container may put anything at /dev/pts; the helper opens a terminal of no other make.
        string id = Started(privileged: true);
        using ForegroundProcess cover = fixture.Engine.Execute(
            id, new ExecOptions { Command = ["sh", "-c", "mkdir /tmp/pts && mknod /tmp/pts/ptmx c 5 2 && mount -o bind /tmp/pts /dev/pts"], Privileged = true }, withInput: false, Cancellation);
        EngineFixture.Finish(cover).Good();
        EngineException error = Assert.Throws<EngineException>(() => Execute(id, "true"));
        Assert.Equal(EngineErrorReason.LaunchFailed, error.Reason);
        Assert.Contains("making the terminal", error.Message, StringComparison.Ordinal);
    }

    private ContainerOptions Options(string script, bool withInit = false) => new()
    {
        RootFileSystem = MakeRoot(),
        Command = ["sh", "-c", script],
        Tty = true,
        TerminalSize = Size,
        Init = withInit,
        RemoveOnExit = true,
    };

    private string Run(string script, bool withInit)
    {
        using ForegroundProcess container = fixture.Engine.Run(Options(script, withInit), withInput: false, Cancellation);
        return EngineFixture.Finish(container).Good();
    }

    private string Started(bool privileged = false) => fixture.Engine.Start(
        fixture.Engine.Create(new ContainerOptions { RootFileSystem = MakeRoot(), Command = ["sleep", "1000"], Privileged = privileged }, Cancellation).Id, Cancellation).Id;

    private string MakeRoot()
    {
        string root = fixture.MakeRoot($"root-{Guid.NewGuid():N}");
        foreach (string applet in (string[])["tty", "stty"])
        {
            File.CreateSymbolicLink($"{root}/bin/{applet}", "busybox");
        }

        return root;
    }

    private ForegroundProcess Execute(string id, string script, string? user = null) => fixture.Engine.Execute(
        id, new ExecOptions { Command = ["sh", "-c", script], User = user, Tty = true, TerminalSize = Size }, withInput: true, Cancellation);

    private static void Type(ForegroundProcess command, string text) => Files.Write(command.Terminal!, Encoding.ASCII.GetBytes(text), "the terminal");

    private static string ReadUntil(ForegroundProcess command, string text)
    {
        var shown = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (!shown.ToString().Contains(text, StringComparison.Ordinal))
        {
            int read = command.StandardOutput.Read(buffer);
            Assert.True(read > 0, $"the output ended without '{text}': {shown}");
            shown.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        return shown.ToString();
    }
}
