namespace Containers.Module.Tests.EndToEnd;

/// <summary>Further commands in a running container, and the cmdlets that change one, from a session.</summary>
public sealed class InvokeContainerCommandTests : IDisposable
{
    private readonly EngineSessionFixture _engine = new();

    public InvokeContainerCommandTests() => _engine.Run("Invoke-Container host -Detach -Name web -Env A=1 -- sleep 1000");

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void The_pipeline_is_standard_input_and_lines_come_back() =>
        Assert.Equal(["B", "A"], _engine.Run("'b', 'a' | Invoke-ContainerCommand web -- tr a-z A-Z").Lines);

    [Fact]
    public void The_container_is_a_name_an_id_or_an_object()
    {
        Assert.Equal(["1"], _engine.Run("Invoke-ContainerCommand (Get-Container web) -- printenv A").Lines);
        Assert.Equal(["1"], _engine.Run("Invoke-ContainerCommand (Get-Container web).Id.Substring(0, 12) -- printenv A").Lines);
        Assert.Equal(["1"], _engine.Run("Exec-Container web -- printenv A").Lines);
    }

    [Fact]
    public void User_folder_and_variables_are_passed_on() =>
        Assert.Equal(
            ["65534 /tmp 1 2"],
            _engine.Run("Invoke-ContainerCommand web -User nobody -WorkingDirectory /tmp -Env @{ B = 2 } -- sh -c 'echo $(id -u) $PWD $A $B'").Lines);

    [Theory]
    [InlineData("sh -c 'exit 3'", 3)]
    [InlineData("sh -c 'kill -9 $$'", 137)]
    public void An_exit_code_is_no_error(string command, int code)
    {
        var result = _engine.Run($"Invoke-ContainerCommand web -- {command}; $LASTEXITCODE; $?");
        Assert.Equal(code.ToString(System.Globalization.CultureInfo.InvariantCulture), result.Lines[0]);
    }

    [Theory]
    [InlineData("Invoke-ContainerCommand web -- nosuch", "ContainerCommandNotFound", "127")]
    [InlineData("Invoke-ContainerCommand nosuch -- true", "ContainerNotFound", "125")]
    public void What_cannot_be_run_is_one(string script, string id, string code)
    {
        var result = _engine.Session.Run($"{script}; $LASTEXITCODE");
        Assert.StartsWith(id + ",", Assert.Single(result.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal([code], result.Lines);
    }

    [Fact]
    public void One_object_tells_the_whole()
    {
        var result = Assert.IsType<ContainerRunResult>(_engine.Run("Invoke-ContainerCommand web -PassThru -- sh -c 'echo out; echo err >&2; exit 4'").Single);
        Assert.Equal((4, "out", "err", "web"), (result.ExitCode, Assert.Single(result.Output), Assert.Single(result.Error), result.ContainerName));
    }

    [Fact]
    public void Bytes_pass_unchanged() =>
        Assert.Equal([0, 255, 10], Assert.IsType<byte[]>(_engine.Run("Invoke-ContainerCommand web -AsByteStream -- printf '\\000\\377\\n'").Single));

    [Theory]
    [InlineData("Invoke-ContainerCommand web -Detach -PassThru -- true", "DetachWithOutput")]
    [InlineData("Invoke-ContainerCommand web -Detach -Interactive -- cat", "DetachWithOutput")]
    [InlineData("'x' | Invoke-ContainerCommand web -Tty -- cat", "TtyWithInput")]
    [InlineData("Invoke-ContainerCommand web -- -l", "CommandBeginsWithDash")]
    [InlineData("Invoke-ContainerCommand web -DetachKeys ctrl-1 -- true", "ParameterArgumentTransformationError")]
    public void Contradictions_are_refused(string script, string id) =>
        Assert.StartsWith(id + ",", _engine.Fails(script).FullyQualifiedErrorId, StringComparison.Ordinal);

    [Fact]
    public void A_suspended_container_is_shown_so_and_goes_on()
    {
        Assert.Equal(ContainerState.Paused, Assert.IsType<Container>(_engine.Run("Suspend-Container web -PassThru").Single).State);
        Assert.StartsWith("ContainerBusy,", _engine.Fails("Invoke-ContainerCommand web -- true").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ContainerState.Running, Assert.IsType<Container>(_engine.Run("Get-Container | Where-Object State -eq Paused | Resume-Container -PassThru").Single).State);
        Assert.Equal(["1"], _engine.Run("Invoke-ContainerCommand web -- printenv A").Lines);
    }

    [Fact]
    public void Names_lives_and_signals_change()
    {
        Assert.Equal("clock", Assert.IsType<Container>(_engine.Run("Rename-Container web clock -PassThru").Single).Name);
        var before = Assert.IsType<Container>(_engine.Run("Get-Container clock").Single);
        var after = Assert.IsType<Container>(_engine.Run("Restart-Container clock -Timeout 0 -PassThru").Single);
        Assert.NotEqual(before.ProcessId, after.ProcessId);
        Assert.Equal(137, Assert.IsType<Container>(_engine.Run("Send-ContainerSignal clock; Wait-Container clock").Single).ExitCode);
    }
}
