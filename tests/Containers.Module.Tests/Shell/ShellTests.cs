using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.Shell;

public sealed class ShellTests : IDisposable
{
    private const string Ask =
        "function f { [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')] param() " +
        "if ($PSCmdlet.ShouldProcess('it')) { 'yes' } else { 'no' } }; f";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_module_is_there_from_the_first_statement_on()
    {
        var result = ShellProcess.Run("-Command", "Get-Module | ForEach-Object Name");

        Assert.Equal(new ShellResult(0, "Containers\n", ""), result);
    }

    [Fact]
    public void All_arguments_after_Command_are_one_text()
    {
        var result = ShellProcess.Run("-command", "1", "+", "'a b'.Length");

        Assert.Equal(new ShellResult(0, "4\n", ""), result);
    }

    [Theory]
    [InlineData("exit 7", 7)]
    [InlineData("exit 0; throw 'not reached'", 0)]
    [InlineData("function f { exit 3 }; f", 3)]
    [InlineData("'fine'", 0)]
    [InlineData("Get-Nothing", 1)]
    [InlineData("Get-Nothing; 'fine'", 0)]
    [InlineData("/bin/sh -c 'exit 42'", 1)]
    [InlineData("/bin/sh -c 'exit 42'; exit $LASTEXITCODE", 42)]
    [InlineData("/bin/sh -c 'exit 42'; 'fine'", 0)]
    [InlineData("throw 'over'", 1)]
    [InlineData("if (", 1)]
    [InlineData("$ErrorActionPreference = 'Stop'; Get-Nothing; 'not reached'", 1)]
    public void The_exit_code_of_statements_is_that_of_pwsh(string command, int code) =>
        Assert.Equal(code, ShellProcess.Run("-Command", command).ExitCode);

    [Theory]
    [InlineData("exit 7", 7)]
    [InlineData("'fine'", 0)]
    [InlineData("Get-Nothing", 0)]
    [InlineData("/bin/sh -c 'exit 42'", 0)]
    [InlineData("throw 'over'", 1)]
    [InlineData("if (", 1)]
    public void The_exit_code_of_a_script_is_that_of_pwsh(string script, int code) =>
        Assert.Equal(code, ShellProcess.Run("-File", _folder.Write("script.ps1", script)).ExitCode);

    [Fact]
    public void A_script_gets_named_switched_and_positional_arguments()
    {
        var script = _folder.Write("script.ps1", """
            param([string] $Name, [switch] $Loud, [switch] $Quiet, [string] $Late, [Parameter(ValueFromRemainingArguments)] $Rest)
            "$Name|$Loud|$Quiet|$Late|$Rest|$PSScriptRoot"
            """);

        var result = ShellProcess.Run("-File", script, "-Name", "a b", "-Loud", "-Quiet:$false", "-Late:", "-x", "c", "d");

        Assert.Equal(new ShellResult(0, $"a b|True|False|-x|c d|{_folder.Path}\n", ""), result);
    }

    [Fact]
    public void A_script_without_the_ending_ps1_runs_as_one_found_by_its_first_line()
    {
        var script = _folder.Write("script", "#!/usr/bin/env pwsh\nparam($Name) \"<$Name>\"; exit 4\n");

        Assert.Equal(new ShellResult(4, "<x>\n", ""), ShellProcess.Run("-File", script, "x"));
    }

    [Theory]
    [InlineData]
    [InlineData("-Command")]
    [InlineData("-Command", "-")]
    [InlineData("-File")]
    [InlineData("-File", "/nonexistent.ps1")]
    [InlineData("-NoProfile")]
    [InlineData("script.ps1")]
    public void A_command_line_of_another_form_is_refused_with_the_usage(params string[] arguments)
    {
        var result = ShellProcess.Run(arguments);

        Assert.Equal((64, ""), (result.ExitCode, result.Output));
        Assert.Contains("Usage: Containers.Shell -Command", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Standard_input_is_the_input_variable_where_the_statements_name_it()
    {
        var result = ShellProcess.Run(Repository.Shell, ["-Command", "$input | ForEach-Object { \"<$_>\" }"], input: "a\nbü\n");

        Assert.Equal(new ShellResult(0, "<a>\n<bü>\n", ""), result);
    }

    [Fact]
    public void Standard_input_is_left_to_a_program_where_the_statements_do_not_name_it()
    {
        var result = ShellProcess.Run(Repository.Shell, ["-Command", "/bin/cat"], input: "a\nb\n");

        Assert.Equal(new ShellResult(0, "a\nb\n", ""), result);
    }

    [Fact]
    public void Errors_go_to_standard_error_in_the_concise_view_and_nothing_else_does()
    {
        var result = ShellProcess.Run("-Command", "'before'; Get-Nothing; 'after'");

        Assert.Equal("before\nafter\n", result.Output);
        Assert.StartsWith("Get-Nothing: The term 'Get-Nothing' is not recognized", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', result.Error);
    }

    [Fact]
    public void A_terminating_error_names_its_place_in_the_script()
    {
        var script = _folder.Write("script.ps1", "'before'\nthrow 'over'\n");

        var result = ShellProcess.Run("-File", script);

        Assert.Equal("before\n", result.Output);
        Assert.Contains($"{script}:2", result.Error, StringComparison.Ordinal);
        Assert.Contains("| over", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parse_error_shows_the_line_and_the_place()
    {
        var result = ShellProcess.Run("-Command", "1 +");

        Assert.Contains("1 |  1 +", result.Error, StringComparison.Ordinal);
        Assert.Contains("You must provide a value expression following the '+' operator.", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Warnings_verbose_and_debug_lines_have_the_prefixes_of_pwsh()
    {
        var result = ShellProcess.Run(
            "-Command",
            "$VerbosePreference = $DebugPreference = 'Continue'; " +
            "function f { [CmdletBinding()] param() $PSCmdlet.WriteWarning('w'); $PSCmdlet.WriteVerbose('v'); $PSCmdlet.WriteDebug('d') }; f");

        Assert.Equal(new ShellResult(0, "WARNING: w\nVERBOSE: v\nDEBUG: d\n", ""), result);
    }

    [Fact]
    public void Progress_is_not_shown_where_standard_error_is_no_terminal()
    {
        var result = ShellProcess.Run(
            "-Command", "$host.UI.WriteProgress(1, [System.Management.Automation.ProgressRecord]::new(1, 'Loading', 'half')); 'done'");

        Assert.Equal(new ShellResult(0, "done\n", ""), result);
    }

    [Fact]
    public void A_confirmation_is_answered_from_standard_input()
    {
        Assert.EndsWith("yes\n", ShellProcess.Run(Repository.Shell, ["-Command", Ask], input: "y\n").Output, StringComparison.Ordinal);
        Assert.EndsWith("no\n", ShellProcess.Run(Repository.Shell, ["-Command", Ask], input: "What?\nn\n").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_confirmation_that_nobody_can_answer_is_an_error_and_not_a_wait()
    {
        var result = ShellProcess.Run("-Command", Ask);

        Assert.DoesNotContain("yes\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("-Confirm:$false", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Output_without_a_terminal_has_no_colour_and_is_120_columns_wide()
    {
        var result = ShellProcess.Run("-Command", "Get-Module; $host.UI.RawUI.WindowSize.Width");

        Assert.DoesNotContain('\u001b', result.Output);
        Assert.Equal("120", result.OutputLines[^1]);
    }

    [Fact]
    public void Long_text_is_wrapped_between_words()
    {
        var sentence = string.Join(' ', Enumerable.Repeat("extraordinarily", 20));
        var help = ShellProcess.Run("-Command", $"<#\n.SYNOPSIS\n{sentence}\n#> function f {{ }}; Get-Help f");

        Assert.All(
            help.Output.Split(' ', '\n').Where(w => w.StartsWith("ext", StringComparison.Ordinal)), word => Assert.Equal("extraordinarily", word));
        Assert.Contains("extraordinarily", help.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_engines_telemetry_is_switched_off()
    {
        var result = ShellProcess.Run("-Command", "[Microsoft.PowerShell.Telemetry.ApplicationInsightsTelemetry]::CanSendTelemetry");

        Assert.Equal(new ShellResult(0, "False\n", ""), result);
    }
}
