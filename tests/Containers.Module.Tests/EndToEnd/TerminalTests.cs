using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.EndToEnd;

/// <summary>Containers in a real terminal, which tmux is: typed into key by key, and looked at as it is shown.</summary>
public sealed class TerminalTests : IDisposable
{
    private const string Tmux = "/usr/bin/tmux";

    private readonly EngineSessionFixture _fixture = new();
    private readonly string _server = $"containers-test-{Guid.NewGuid():N}";

    public void Dispose()
    {
        if (File.Exists(Tmux))
        {
            ShellProcess.Run(Tmux, ["-L", _server, "kill-server"]);
        }

        _fixture.Dispose();
    }

    [Fact]
    public void A_shell_in_a_container_is_at_home_in_the_sessions_terminal()
    {
        _fixture.Run("Invoke-Container host -Detach -Name web -- sleep 1000");
        Open("Enter-Container web; \"left with $LASTEXITCODE\"");

        // What is awaited must not be what was typed.
        TypeUntil("echo at $(hostname) $(stty size)", $"at {ShortId("web")} 30 100");
        Command("resize-window", "-x", "90", "-y", "25");
        TypeUntil("stty size", "25 90");

        Type("sleep 1000");
        Until("sleep 1000");
        Press("C-c");
        TypeUntil("echo still $((1 + 1))", "still 2");
        Type("exit 7");
        Until("left with 7");
        TypeUntil("stty -a | grep -o -e ' icanon' -e ' echo '", " icanon");
    }

    [Fact]
    public void Programs_draw_on_the_whole_screen()
    {
        Open("Invoke-Container host -Rm -Interactive -Tty -- less /etc/services; \"left with $LASTEXITCODE\"");
        Until("/etc/services");
        Press("G");
        Until("(END)");
        Press("q");
        Until("left with 0");
        Assert.Empty(_fixture.Run("Get-Container").Output);
    }

    [Fact]
    public void The_keys_that_detach_leave_the_container_running()
    {
        Open("Invoke-Container host -Name web -Interactive -Tty -- sh -c 'echo begun; cat'; \"back with $LASTEXITCODE\"");
        Until("begun");
        Press("C-p");
        Press("C-q");
        Until("back with");
        Assert.Equal("Running", _fixture.Run("Get-Container web | ForEach-Object { \"$($_.State)\" }").Output[0].ToString());
        TypeUntil("stty -a | grep -o -e ' icanon'", " icanon");
    }

    [Fact]
    public void A_session_comes_back_to_what_it_left()
    {
        _fixture.Run("Invoke-Container host -Detach -Interactive -Tty -Name web -- sh");
        Open("Connect-Container web; \"back with $LASTEXITCODE\"; Connect-Container web -DetachKeys ctrl-a,d; \"again\"; Connect-Container web; \"left with $LASTEXITCODE\"");
        TypeUntil("stty size", "30 100");
        Type("LEFT=here; echo set $((1 + 1))");
        Until("set 2");
        Press("C-p");
        Press("C-q");
        Until("Back to it: Connect-Container web");
        Until("back with");

        // The window has changed meanwhile, and changes again.
        Command("resize-window", "-x", "90", "-y", "25");
        TypeUntil("echo it is $LEFT $(stty size)", "it is here 25 90");
        Command("resize-window", "-x", "80", "-y", "24");
        TypeUntil("stty size", "24 80");
        Press("C-a");
        Press("d");
        Until("again");
        Type("sleep 1000");
        Until("sleep 1000");
        Press("C-c");
        TypeUntil("echo still $((1 + 1))", "still 2");
        Type("exit 7");
        Until("left with 7");
        TypeUntil("stty -a | grep -o -e ' icanon'", " icanon");
    }

    [Fact]
    public void A_program_draws_its_screen_anew_for_who_comes_back()
    {
        Open("Invoke-Container host -Name reader -Interactive -Tty -- less /etc/services; \"`e[?1049l`e[2J`e[Haway\"; [Threading.Thread]::Sleep(2000); Connect-Container reader; \"left with $LASTEXITCODE\"");
        Until("/etc/services");
        Press("G");
        Until("(END)");
        Press("C-p");
        Press("C-q");
        Until("away");
        Until("(END)");
        Press("q");
        Until("left with 0");
    }

    [Fact]
    public void A_session_that_is_ended_gives_the_terminal_back()
    {
        Open("Invoke-Container host -Name web -Interactive -Tty -- sh -c 'echo begun; cat'");
        Until("begun");
        Assert.Equal(0, ShellProcess.Run("/bin/sh", ["-c", $"kill -TERM $(ps -o pid= --ppid $({Tmux} -L {_server} display -p '#{{pane_pid}}'))"]).ExitCode);
        TypeUntil("echo; stty -a | grep -o -e ' icanon'", " icanon");
    }

    private string ShortId(string name) => _fixture.Run($"(Get-Container {name}).Id").Output[0].ToString()![..12];

    /// <summary>A window with a shell in it, in which a session runs the command.</summary>
    private void Open(string command)
    {
        Assert.SkipUnless(File.Exists(Tmux), "tmux is not installed");
        var script = Path.Combine(_fixture.Root, "command.ps1");
        File.WriteAllText(script, command);
        var made = ShellProcess.Run(Tmux, ["-L", _server, "-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30", "env PS1='$ ' sh"]);
        Assert.True(made.ExitCode == 0, made.Error);
        Type($"'{Repository.Shell}' -File {script}");
    }

    private void Type(string text)
    {
        Command("send-keys", "-l", text);
        Press("Enter");
    }

    private void Press(string key) => Command("send-keys", key);

    /// <summary>Types a line again and again until its answer is shown: what is typed too early, a program may throw away.</summary>
    private void TypeUntil(string line, string shown)
    {
        for (var attempt = 0; attempt < 5; attempt++)
        {
            Type(line);
            if (IsShown(shown, TimeSpan.FromSeconds(6)))
            {
                return;
            }
        }

        Assert.Fail($"'{shown}' is not shown, but:\n{Screen()}");
    }

    private void Until(string shown) => Assert.True(IsShown(shown, TimeSpan.FromSeconds(40)), $"'{shown}' is not shown, but:\n{Screen()}");

    private bool IsShown(string text, TimeSpan patience)
    {
        for (var waited = TimeSpan.Zero; waited < patience; waited += TimeSpan.FromMilliseconds(100))
        {
            if (Screen().Split('\n').Any(line => line.Contains(text, StringComparison.Ordinal) && !line.Contains("echo", StringComparison.Ordinal) && !line.Contains("grep", StringComparison.Ordinal)))
            {
                return true;
            }

            Thread.Sleep(100);
        }

        return false;
    }

    private string Screen() => Command("capture-pane", "-p");

    private string Command(params string[] arguments)
    {
        var result = ShellProcess.Run(Tmux, ["-L", _server, arguments[0], "-t", ":0", .. arguments[1..]]);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Output;
    }
}
