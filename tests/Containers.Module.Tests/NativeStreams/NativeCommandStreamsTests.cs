using System.Management.Automation;
using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.NativeStreams;

/// <summary>
/// Each statement is run with the adapter's cmdlet and, where a real native command can do the same, with /bin/sh: the same
/// outcome is expected of both.
/// </summary>
public sealed class NativeCommandStreamsTests : IDisposable
{
    private const string Adapter = "Test-NativeCommand -Output out -Errors first, second -ExitCode 3";
    private const string Native = "/bin/sh -c 'echo first >&2; echo second >&2; echo out; exit 3'";

    private readonly PowerShellSession _session = new(importModule: true, typeof(NativeCommandCommand));

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData(Adapter)]
    [InlineData(Native)]
    public void The_exit_code_is_in_LASTEXITCODE_and_the_success_variable_is_false(string command)
    {
        var result = _session.Run($"$null = {command} 2>$null; $?; $LASTEXITCODE");

        Assert.Equal(["False", "3"], result.Lines);
    }

    [Fact]
    public void Exit_code_0_sets_both_variables_to_success()
    {
        var result = _session.Run("Test-NativeCommand -ExitCode 3; Test-NativeCommand -Errors warning 2>$null; $?; $LASTEXITCODE");

        Assert.Equal(["True", "0"], result.Lines);
    }

    [Theory]
    [InlineData(Adapter)]
    [InlineData(Native)]
    public void Redirecting_to_null_discards_the_error_lines_alone(string command)
    {
        var result = _session.Run($"{command} 2>$null");

        Assert.Equal(["out"], result.Lines);
        Assert.Empty(result.Errors);
        Assert.Empty(_session.Shown.ErrorLines);
    }

    [Theory]
    [InlineData(Adapter)]
    [InlineData(Native)]
    public void Merging_gives_each_error_line_as_a_record_with_the_ids_of_native_commands(string command)
    {
        var result = _session.Run($"{command} 2>&1 | Where-Object {{ $_ -isnot [string] }}");

        var records = result.Output.Select(o => Assert.IsType<ErrorRecord>(o.BaseObject)).ToList();
        Assert.Equal(["first", "second"], records.Select(r => r.ToString()));
        Assert.Equal(["NativeCommandError", "NativeCommandErrorMessage"], records.Select(r => r.FullyQualifiedErrorId));
        Assert.All(records, r => Assert.IsType<RemoteException>(r.Exception));
    }

    [Fact]
    public void Merged_error_lines_are_shown_as_their_bare_text()
    {
        var shown = _session.Show($"{Adapter} 2>&1");

        Assert.Equal(["first", "second", "out"], shown.OutputLines);
    }

    [Theory]
    [InlineData(Adapter)]
    [InlineData(Native)]
    public void Error_lines_do_not_stop_a_pipeline_under_Stop(string command)
    {
        var result = _session.Run($"$ErrorActionPreference = 'Stop'; try {{ {command} 2>&1 | Out-Null; 'after' }} catch {{ 'caught' }}");

        Assert.Equal(["after"], result.Lines);
    }

    [Theory]
    [InlineData(Adapter)]
    [InlineData(Native)]
    public void Error_lines_leave_no_trace_in_the_Error_variable(string command)
    {
        var result = _session.Run($"$Error.Clear(); {command} 2>&1 | Out-Null; $Error.Count");

        Assert.Equal(["0"], result.Lines);
    }

    [Fact]
    public void Unredirected_error_lines_are_shown_on_the_error_line_of_the_host()
    {
        var shown = _session.Show(Adapter);

        Assert.Equal(["first", "second"], shown.ErrorLines);
        Assert.Equal(["out"], shown.OutputLines);
    }

    [Fact]
    public void Unredirected_error_lines_go_to_standard_error_of_the_shell_as_they_are()
    {
        var result = ShellProcess.Run(
            "-Command",
            $"Import-Module {typeof(NativeCommandCommand).Assembly.Location}; " +
            "Test-NativeCommand -Output out -Errors \"`e[31mred\" -ExitCode 3");

        Assert.Equal(new ShellResult(1, "out\n", "\u001b[31mred\n"), result);
    }

    [Fact]
    public void Unredirected_error_lines_of_a_captured_command_are_still_shown()
    {
        var shown = _session.Show($"$captured = {Adapter}; \"<$captured>\"");

        Assert.Equal(["first", "second"], shown.ErrorLines);
        Assert.Equal(["<out>"], shown.OutputLines);
    }

    [Fact]
    public void A_redirection_of_the_enclosing_block_takes_the_error_lines_along()
    {
        var shown = _session.Show($"& {{ {Adapter} }} 2>$null");

        Assert.Empty(shown.ErrorLines);
        Assert.Equal(["out"], shown.OutputLines);
    }

    [Theory]
    [InlineData(Adapter)]
    [InlineData(Native)]
    public void A_failure_becomes_an_error_only_where_the_user_asked_for_it(string command)
    {
        var quiet = _session.Run($"$Error.Clear(); {command} 2>$null; $Error.Count");
        Assert.Equal(["out", "0"], quiet.Lines);

        var asked = _session.Run($"$PSNativeCommandUseErrorActionPreference = $true; $Error.Clear(); {command} 2>$null; $?; $Error.Count");
        Assert.Equal(["out", "False", "1"], asked.Lines);
    }

    [Theory]
    [InlineData(Adapter)]
    [InlineData(Native)]
    public void A_failure_that_the_user_asked_to_be_an_error_can_be_caught_with_its_exit_code(string command)
    {
        var result = _session.Run($$"""
            $PSNativeCommandUseErrorActionPreference = $true
            $ErrorActionPreference = 'Stop'
            try { {{command}} 2>$null; 'after' }
            catch { $_.FullyQualifiedErrorId; $_.Exception.GetType().Name; $_.Exception.ExitCode; $LASTEXITCODE }
            """);

        Assert.Equal(["out", "ProgramExitedWithNonZeroCode", "NativeCommandExitException", "3", "3"], result.Lines);
    }

    [Fact]
    public void The_error_variable_parameter_stays_empty()
    {
        var result = _session.Run("Test-NativeCommand -Errors warning -ErrorVariable found 2>$null; $found.Count");

        Assert.Equal(["0"], result.Lines);
    }
}
