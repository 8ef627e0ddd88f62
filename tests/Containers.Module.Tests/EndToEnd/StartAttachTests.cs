using System.Management.Automation;

namespace Containers.Module.Tests.EndToEnd;

/// <summary>Start-Container that stays with what it starts, and what is said of a container that goes on in the background.</summary>
public sealed class StartAttachTests : IDisposable
{
    private readonly EngineSessionFixture _engine = new(typeof(StopUpstreamCommand));

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void Output_comes_from_the_first_line_on_and_the_exit_code_with_every_start()
    {
        _engine.Run("$null = New-Container host -Name one -- sh -c 'echo first; echo last; exit 3'");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(["first", "last", "3"], _engine.Run("Start-Container one -Attach; $LASTEXITCODE").Lines);
        }

        Assert.Equal(["first", "last"], _engine.Run("Get-Container one | Start-Container -a").Lines);
        Assert.Equal(8, _engine.Run("Get-ContainerLog one").Output.Count);
        Assert.Equal(ContainerState.Exited, Assert.IsType<Container>(_engine.Run("Get-Container one").Single).State);
    }

    [Fact]
    public void A_reader_that_takes_no_more_leaves_the_container_running()
    {
        _engine.Run("$null = New-Container host -Name ticker -- sh -c 'while :; do echo tick; sleep 0.1; done'");
        Assert.Equal(["tick"], _engine.Run("Start-Container ticker -Attach | Select-First").Lines);
        Assert.Equal(ContainerState.Running, Assert.IsType<Container>(_engine.Run("Get-Container ticker").Single).State);
        Assert.Equal(["tick"], _engine.Run("Connect-Container ticker | Select-First").Lines);
    }

    [Fact]
    public void The_input_stays_open_for_others_where_it_was_made_interactive()
    {
        _engine.Run("$null = New-Container host -Interactive -Name echo -- sh -c 'echo ready; head -n 1'");
        Assert.Equal(["ready"], _engine.Run("Start-Container echo -Attach | Select-First").Lines);
        Assert.Equal(["typed"], _engine.Run("'typed' | Connect-Container echo").Lines);
    }

    [Theory]
    [InlineData("Start-Container web -Attach", "ContainerBusy")]
    [InlineData("Start-Container nosuch -Attach", "ContainerNotFound")]
    [InlineData("Start-Container made, web -Attach", "AttachToSeveral")]
    [InlineData("Get-Container made, web | Start-Container -Attach", "AttachToSeveral")]
    [InlineData("Start-Container made -Attach -RestartPolicy", "AttachWithRestartPolicy")]
    [InlineData("Start-Container term -Interactive", "NoTerminal")]
    [InlineData("Start-Container -All -Attach", "AmbiguousParameterSet")]
    public void What_cannot_be_stayed_with_is_said(string script, string id)
    {
        _engine.Run("$null = New-Container host -Name made -- true; $null = Invoke-Container host -Detach -Name web -- sleep 1000; $null = New-Container host -Tty -Name term -- sleep 1000");
        Assert.StartsWith(id + ",", _engine.Fails(script).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("always", "exit 0", true)]
    [InlineData("on-failure", "exit 1", true)]
    [InlineData("on-failure", "exit 0", false)]
    [InlineData("no", "exit 1", false)]
    public void A_container_that_its_policy_starts_again_is_told_of(string policy, string script, bool isTold)
    {
        var told = _engine.Session.Run($"Invoke-Container host -Name again -Restart {policy} -- sh -c '{script}' 3>&1; Stop-Container again").Output
            .Select(static o => o.BaseObject).OfType<WarningRecord>().Where(static w => w.Message.Contains("Stop-Container again", StringComparison.Ordinal));
        Assert.Equal(isTold, told.Any());
    }

    [Fact]
    public void Docker_short_words_are_taken()
    {
        var web = Assert.IsType<Container>(_engine.Run("Invoke-Container -d -i -m 64m -e A=1 -u nobody -w /tmp -h short -l k=v -v /tmp:/mnt:ro -Name web host -- sleep 1000").Single);
        Assert.Equal(("nobody", "/tmp", "short", 64L << 20), (web.User, web.WorkingDirectory, web.HostName, web.Memory));
        Assert.Equal(["1", "v", "/mnt"], [web.Env["A"], web.Label["k"], web.Volume[0].Target]);
        Assert.Equal(["nobody /usr 2"], _engine.Run("Invoke-ContainerCommand -u nobody -w /usr -e B=2 web -- sh -c 'echo $(id -un) $PWD $B'").Lines);
        Assert.StartsWith("OptionOfTheCommand,", _engine.Fails("Invoke-Container host ls -d").FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Enter-Container web -it", "Enter-Container needs no -it")]
    [InlineData("Invoke-ContainerCommand -it web sh", "-it is spelt -Interactive -Tty. Parameters come first, then the container")]
    [InlineData("New-Container -it host sh", "-it is spelt -Interactive -Tty. Parameters come first, then the image")]
    [InlineData("New-Container -itd host sh", "New-Container has no -itd.")]
    [InlineData("'x' | Invoke-ContainerCommand -- echo hi", "the container is named first, as in Invoke-ContainerCommand web -- echo")]
    [InlineData("$null = New-Container host -Name web -- true; Get-Container web | Copy-ContainerItem -Source /etc/hostname", "name it with -FromContainer or -ToContainer")]
    public void A_word_in_the_wrong_place_is_refused_with_what_to_write(string script, string message) =>
        Assert.Contains(message, _engine.Fails(script).Exception.Message, StringComparison.Ordinal);

    [Fact]
    public void Names_of_running_containers_are_offered_where_one_must_run_and_others_where_one_is_started()
    {
        _engine.Run("$null = New-Container host -Name idle -- true; $null = Invoke-Container host -Detach -Name busy -- sleep 1000");
        string Offered(string line) => string.Join(' ', CommandCompletion.CompleteInput(line, line.Length, options: null, _engine.Session.CreatePipeline("")).CompletionMatches.Select(static m => m.CompletionText));
        Assert.Equal("idle", Offered("Start-Container "));
        Assert.Equal("busy", Offered("Connect-Container "));
        Assert.Equal("busy", Offered("Enter-Container "));
        Assert.Equal("busy", Offered("Invoke-ContainerCommand "));
        Assert.Equal("idle busy", Offered("Remove-Container "));
    }

    [Fact]
    public void What_comes_of_the_image_and_of_defaults_is_shown_as_it_is()
    {
        var plain = Assert.IsType<Container>(_engine.Run("New-Container host -- true").Single);
        Assert.Equal(("root", "/", "SIGTERM"), (plain.User, plain.WorkingDirectory, plain.StopSignal?.Name));
    }

    [Fact]
    public void Less_memory_than_is_used_is_refused_with_what_uses_how_much()
    {
        _engine.Run("$null = Invoke-Container host -Detach -Name big -Memory 200m -- sh -c 'x=$(head -c 40000000 /dev/zero | tr \"\\0\" a); echo full; sleep 1000'; Get-ContainerLog big -Follow | Select-First");
        var refused = _engine.Fails("Set-Container big -Memory 8MB");
        Assert.StartsWith("ContainerBusy,", refused.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Matches(@"^The container 'big' uses [0-9.]+ MiB of memory, which does not fit into 8 MiB: .*Stop-Container big$", refused.Exception.Message);
    }
}
