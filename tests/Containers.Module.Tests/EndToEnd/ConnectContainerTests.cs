using System.Management.Automation;

namespace Containers.Module.Tests.EndToEnd;

/// <summary>Sessions that attach to running containers.</summary>
public sealed class ConnectContainerTests : IDisposable
{
    private readonly EngineSessionFixture _engine = new(typeof(StopUpstreamCommand));

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void The_pipeline_is_standard_input_and_lines_and_the_exit_code_come_back()
    {
        _engine.Run("Invoke-Container host -Detach -Interactive -Name sorter -- sh -c 'head -n 3 | sort; exit 7'");
        Assert.Equal(["a", "b", "c", "7"], _engine.Run("'c', 'a', 'b' | Connect-Container sorter; $LASTEXITCODE").Lines);
        Assert.Equal(ContainerState.Exited, Assert.IsType<Container>(_engine.Run("Get-Container sorter").Single).State);
    }

    [Fact]
    public void It_is_so_for_one_that_is_made_first_and_for_its_object()
    {
        _engine.Run("New-Container host -Interactive -Name echo -- sh -c 'head -n 1; echo error >&2' | Start-Container");
        Assert.Equal(["text"], _engine.Run("'text' | Attach-Container (Get-Container echo) 2>$null").Lines);
    }

    [Fact]
    public void A_reader_that_takes_no_more_leaves_the_container_running()
    {
        _engine.Run("Invoke-Container host -Detach -Name ticker -- sh -c 'while :; do echo tick; sleep 0.1; done'");
        Assert.Equal(["tick"], _engine.Run("Connect-Container ticker | Select-First").Lines);
        Assert.Equal(ContainerState.Running, Assert.IsType<Container>(_engine.Run("Get-Container ticker").Single).State);
    }

    [Fact]
    public void Without_signal_stopping_the_pipeline_leaves_the_container_alone()
    {
        _engine.Run("Invoke-Container host -Detach -Name web -- sh -c \"trap 'echo got it; exit 9' INT; while :; do echo tick; sleep 0.1; done\"");
        using var pipeline = _engine.Session.CreatePipeline("Connect-Container web -NoSignal");
        using var output = new PSDataCollection<PSObject>();
        using var ticked = new ManualResetEventSlim();
        output.DataAdded += (_, _) => ticked.Set();
        var running = pipeline.BeginInvoke<PSObject, PSObject>(input: null, output);
        Assert.True(ticked.Wait(TimeSpan.FromSeconds(30)), "nothing came");
        Assert.False(running.IsCompleted);
        pipeline.Stop();
        Assert.Equal(ContainerState.Running, Assert.IsType<Container>(_engine.Run("Get-Container web").Single).State);
        Assert.DoesNotContain("got it", _engine.Run("Get-ContainerLog web -Tail 1000 | ForEach-Object Text").Lines);
        Assert.Equal(["tick"], _engine.Run("Connect-Container web | Select-First").Lines);
    }

    [Fact]
    public void A_container_comes_by_the_pipeline_where_none_is_named()
    {
        _engine.Run("Invoke-Container host -Detach -Name ticker -- sh -c 'while :; do echo tick; sleep 0.1; done'");
        _engine.Run("Invoke-Container host -Detach -Name other -- sleep 1000");
        Assert.Equal(["tick"], _engine.Run("Get-Container ticker | Connect-Container | Select-First").Lines);
        _engine.Run("Stop-Container ticker -Timeout 0; $null = New-Container host -Name brief -- sh -c 'sleep 1; exit 4'; $null = Start-Container brief");
        Assert.StartsWith("ConnectToSeveral,", Assert.Single(_engine.Session.Run("Get-Container brief, other | Connect-Container").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("trap 'echo got it; exit 9' INT; while :; do sleep 0.1; done", ContainerState.Exited)]
    [InlineData("trap '' INT; sleep 1000", ContainerState.Running)]
    public void Stopping_the_pipeline_interrupts_the_container_and_does_no_more(string script, ContainerState state)
    {
        _engine.Run($"Invoke-Container host -Detach -Name web -- sh -c \"{script}\"");
        using var pipeline = _engine.Session.CreatePipeline("Connect-Container web");
        var running = pipeline.BeginInvoke();
        Thread.Sleep(1500);
        Assert.False(running.IsCompleted);
        pipeline.Stop();
        Assert.Equal(state, Assert.IsType<Container>(_engine.Run("Get-Container web").Single).State);
    }

    [Fact]
    public void The_output_of_a_terminal_can_be_read_without_one()
    {
        _engine.Run("Invoke-Container host -Detach -Interactive -Tty -Name term -- sh -c 'sleep 1; tty; exit 3'");
        Assert.Equal(["/dev/pts/0", "3"], _engine.Run("Connect-Container term -NoStdin; $LASTEXITCODE").Lines);
    }

    [Theory]
    [InlineData("Connect-Container nosuch", "ContainerNotFound")]
    [InlineData("Connect-Container made", "ContainerNotRunning")]
    [InlineData("'x' | Connect-Container web", "ContainerBusy")]
    [InlineData("Get-Container made | Connect-Container", "ContainerNotRunning")]
    [InlineData("'x' | Connect-Container", "InputObjectNotBound")]
    [InlineData("'x' | Connect-Container web -NoStdin", "NoStdinWithInput")]
    [InlineData("'x' | Connect-Container term", "TtyWithInput")]
    [InlineData("Connect-Container term", "NoTerminal")]
    [InlineData("Connect-Container web -DetachKeys ctrl-1", "ParameterArgumentTransformationError")]
    public void What_cannot_be_attached_to_is_said(string script, string id)
    {
        _engine.Run("$null = New-Container host -Name made -- true; Invoke-Container host -Detach -Name web -- sleep 1000; Invoke-Container host -Detach -Tty -Name term -- sleep 1000");
        Assert.StartsWith(id + ",", _engine.Fails(script).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_has_an_exit_code() =>
        Assert.Equal(["125"], _engine.Session.Run("Connect-Container nosuch; $LASTEXITCODE").Lines);

    [Fact]
    public void WhatIf_attaches_to_nothing() => Assert.Empty(_engine.Run("Connect-Container nosuch -WhatIf").Output);
}
