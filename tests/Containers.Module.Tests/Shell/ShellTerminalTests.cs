using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.Shell;

/// <summary>Runs the shell on a pseudo-terminal, which util-linux's script makes.</summary>
public sealed class ShellTerminalTests
{
    private const string Script = "/usr/bin/script";
    private const string Colour = "\u001b[3";

    [Fact]
    public void A_table_has_colour_on_a_terminal() =>
        Assert.Contains(Colour, RunOnTerminal("Get-Module"), StringComparison.Ordinal);

    [Theory]
    [InlineData("NO_COLOR", "1")]
    [InlineData("TERM", "dumb")]
    public void A_terminal_gets_no_colour_where_the_user_does_not_want_it(string variable, string value) =>
        Assert.DoesNotContain(Colour, RunOnTerminal("Get-Module; Get-Nothing", (variable, value)), StringComparison.Ordinal);

    [Fact]
    public void Progress_is_one_line_that_is_gone_in_the_end()
    {
        var shown = RunOnTerminal(
            "$host.UI.WriteProgress(1, [System.Management.Automation.ProgressRecord]::new(1, 'Loading', 'half')); 'done'");

        Assert.Matches("Loading: half\r\u001b\\[K[^\n]*done", shown);
    }

    private static string RunOnTerminal(string command, params (string Name, string Value)[] environment)
    {
        if (!File.Exists(Script))
        {
            Assert.Skip("util-linux's script, which makes the pseudo-terminal, is not installed.");
        }

        var variables = new Dictionary<string, string?>(StringComparer.Ordinal) { ["TERM"] = "xterm", ["NO_COLOR"] = null };
        foreach (var (name, value) in environment)
        {
            variables[name] = value;
        }

        // $ is script's own shell's: the command goes through a variable instead.
        variables["SHELL_COMMAND"] = command;
        var result = ShellProcess.Run(Script, ["-qec", $"'{Repository.Shell}' -Command \"$SHELL_COMMAND\"", "/dev/null"], environment: variables);
        Assert.NotEqual(64, result.ExitCode);
        return result.Output;
    }
}
