using System.Diagnostics;
using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.Shell;

public sealed class ShellSignalTests : IDisposable
{
    // Says that it runs, waits where only a stop gets it out, and leaves a trace of its clean-up.
    private const string Endless = "try { 'running'; while ($true) { [System.Threading.Thread]::Sleep(20) } } " + CleanUp;

    private const string CleanUp = "finally { [System.IO.File]::WriteAllText($env:TRACE, 'cleaned up') }";

    private readonly TemporaryFolder _folder = new();

    private string Trace => Path.Combine(_folder.Path, "trace");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    public void A_signal_stops_the_pipeline_lets_it_clean_up_and_is_in_the_exit_code(string signal, int code)
    {
        using var shell = StartEndless();

        Send(signal, shell);
        ShellProcess.WaitForExit(shell);

        Assert.Equal(code, shell.ExitCode);
        Assert.Equal("cleaned up", File.ReadAllText(Trace));
    }

    [Fact]
    public void A_second_signal_does_not_wait_for_the_clean_up()
    {
        using var shell = Start(
            "try { 'running'; while ($true) { [System.Threading.Thread]::Sleep(20) } } " +
            "finally { [System.IO.File]::WriteAllText($env:TRACE, 'began'); [System.Threading.Thread]::Sleep(600000) }");

        Send("INT", shell);
        SpinWait.SpinUntil(() => File.Exists(Trace), TimeSpan.FromSeconds(20));
        Send("TERM", shell);
        ShellProcess.WaitForExit(shell);

        Assert.Equal(143, shell.ExitCode);
    }

    [Fact]
    public void A_signal_ends_the_wait_for_standard_input_too()
    {
        using var shell = Start("'running'; $input");

        Send("INT", shell);
        ShellProcess.WaitForExit(shell);

        Assert.Equal(130, shell.ExitCode);
    }

    [Fact]
    public void A_reader_that_has_gone_ends_the_pipeline()
    {
        using var shell = Start("'running'; try { while ($true) { 'more' } } " + CleanUp);

        shell.StandardOutput.Close();
        ShellProcess.WaitForExit(shell);

        Assert.Equal(141, shell.ExitCode);
        Assert.Equal("cleaned up", File.ReadAllText(Trace));
    }

    private Process StartEndless() => Start(Endless);

    private Process Start(string command)
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["TRACE"] = Trace };
        var shell = ShellProcess.Start(Repository.Shell, ["-Command", command], environment);
        Assert.Equal("running", shell.StandardOutput.ReadLine());
        return shell;
    }

    private static void Send(string signal, Process process)
    {
        using var kill = Process.Start("/bin/kill", [$"-{signal}", $"{process.Id}"]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }
}
