using System.Diagnostics;

namespace Containers.Module.Tests.EndToEnd;

[Trait("Kernel", "CgroupV2")]
public sealed class LifecycleTests : IDisposable
{
    private readonly EngineSessionFixture _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void A_container_is_made_started_stopped_and_removed()
    {
        var made = Assert.IsType<Container>(_engine.Run("New-Container host -Name life -Label tier=front -- sleep 1000").Single);
        Assert.Equal((ContainerState.Created, "life"), (made.State, made.Name));
        Assert.Equal("front", made.Label["tier"]);

        var started = Assert.IsType<Container>(_engine.Run("Start-Container life").Single);
        Assert.Equal((ContainerState.Running, made.Id), (started.State, started.Id));
        Assert.NotNull(started.ProcessId);

        Assert.Empty(_engine.Run("Stop-Container life -Timeout 0").Output);
        var ended = Assert.IsType<Container>(_engine.Run("Get-Container life").Single);
        Assert.Equal((ContainerState.Exited, 137), (ended.State, ended.ExitCode));

        Assert.Empty(_engine.Run("Remove-Container life").Output);
        Assert.Empty(_engine.Run("Get-Container").Output);
    }

    [Fact]
    public void Containers_are_found_by_name_id_prefix_wildcard_and_object()
    {
        _engine.Run("New-Container host -Name web-1 -- true; New-Container host -Name web-2 -- true; New-Container host -Name db -- true");

        Assert.Equal(["web-1", "web-2", "db"], _engine.Run("Get-Container").Lines);
        Assert.Equal(["db", "web-1"], _engine.Run("Get-Container db, web-1").Lines);
        Assert.Equal(["web-1", "web-2"], _engine.Run("Get-Container web-*").Lines);
        Assert.Equal(["web-1"], _engine.Run("Get-Container -Id (Get-Container web-1).Id.Substring(0, 20)").Lines);
        Assert.Equal(["web-1", "db"], _engine.Run("Get-Container web-1, db | Get-Container").Lines);
        Assert.Equal(["db"], _engine.Run("[pscustomobject]@{ Name = 'db' } | Get-Container").Lines);
        Assert.Equal(["web-1"], _engine.Run("Get-Container web-1, web-*1, web-1").Lines);
        Assert.Empty(_engine.Run("Get-Container nothing-*").Output);
        Assert.Equal(["web-1", "web-2", "db"], _engine.Run("Get-Container -State Created").Lines);
        Assert.Empty(_engine.Run("Get-Container -State Running").Output);
        Assert.Equal(["db", "web-1", "web-2"], _engine.Session.Complete("Stop-Container ").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_name_that_is_not_there_does_not_end_the_pipeline()
    {
        _engine.Run("New-Container host -Name here -- true");

        var result = _engine.Session.Run("'nowhere', 'here' | Get-Container");

        Assert.Equal(["here"], result.Lines);
        var error = Assert.Single(result.Errors);
        Assert.Equal("ContainerNotFound,Containers.Commands.GetContainerCommand", error.FullyQualifiedErrorId);
        Assert.Equal("nowhere", error.TargetObject);
    }

    [Fact]
    public void A_name_in_use_and_a_running_container_have_ids_of_their_own()
    {
        _engine.Run("$null = New-Container host -Name busy -- sleep 1000 | Start-Container");

        Assert.StartsWith("ContainerNameInUse,", _engine.Fails("New-Container host -Name busy -- true").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("ContainerRunning,", _engine.Fails("Start-Container busy").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("ContainerRunning,", _engine.Fails("Remove-Container busy").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("ContainerTimeout,", _engine.Fails("Wait-Container busy -Timeout 200ms").FullyQualifiedErrorId, StringComparison.Ordinal);

        Assert.Equal(["busy"], _engine.Run("Remove-Container busy -Force -PassThru").Lines);
    }

    [Fact]
    public void WhatIf_changes_nothing()
    {
        _engine.Run("$null = New-Container host -Name same -- sleep 1000 | Start-Container; New-Container host -Name other -WhatIf -- true");

        _engine.Run("Stop-Container same -WhatIf; Remove-Container same -Force -WhatIf");

        Assert.Equal(ContainerState.Running, Assert.IsType<Container>(_engine.Run("Get-Container").Single).State);
    }

    [Fact]
    public void Waiting_gives_the_ended_containers_with_their_exit_codes()
    {
        var result = _engine.Run(
            "1..3 | ForEach-Object { Invoke-Container host -Detach -- sh -c \"sleep 0.$_; exit $_\" } | Wait-Container -Timeout 30s | ForEach-Object ExitCode");

        Assert.Equal(["1", "2", "3"], result.Lines);
    }

    [Fact]
    public void Waiting_for_the_first_and_for_other_states()
    {
        _engine.Run("$null = Invoke-Container host -Detach -Name long -- sleep 1000; $null = Invoke-Container host -Detach -Name short -- sh -c 'sleep 0.3; exit 6'");
        Assert.Equal(["short 6"], _engine.Run("Get-Container | Wait-Container -Any -Timeout 30s | ForEach-Object { \"$_ $($_.ExitCode)\" }").Lines);
        Assert.Equal(["long"], _engine.Run("Wait-Container long Running").Lines);
        Assert.StartsWith("ContainerTimeout,", _engine.Fails("Wait-Container long -Condition Paused -Timeout 100ms").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("exit code 6", _engine.Fails("Wait-Container short -Condition Running").Exception.Message, StringComparison.Ordinal);
        Assert.Equal(["long"], _engine.Run("Wait-Container long, short -Any -Condition Running -ErrorAction Ignore").Lines);
        Assert.Equal(["short"], _engine.Run("Wait-Container short -Condition Exited").Lines);
        _engine.Run("Remove-Container -Force long, short");
    }

    [Fact]
    public void Limits_are_changed_and_taken_away()
    {
        _engine.Run("$null = Invoke-Container host -Detach -Name one -- sleep 1000; $null = New-Container host -Name two -Cpus 0.5 -- true");
        _engine.Run("Get-Container | Set-Container -Memory 64MB -WhatIf");
        Assert.Equal([null, null], _engine.Run("Get-Container").Output.Select(c => ((Container)c!.BaseObject).Memory));
        Assert.Empty(_engine.Run("Get-Container | Set-Container -Memory 64MB").Output);
        Assert.Equal(["67108864 9", "67108864 9"], _engine.Run("Set-Container one, two -PidsLimit 9 -PassThru | ForEach-Object { \"$($_.Memory) $($_.PidsLimit)\" }").Lines);
        var two = (Container)_engine.Run("Set-Container two -Reset cpus, Memory -PassThru").Single;
        Assert.Equal((null, null, 9L), (two.Cpus, two.Memory, two.PidsLimit));
        Assert.Equal("on-failure:3", _engine.Run("(Set-Container two -Restart on-failure:3 -PassThru).RestartPolicy.ToString()").Lines.Single());
        Assert.Equal("no", _engine.Run("(Set-Container two -Restart no -PassThru).RestartPolicy.ToString()").Lines.Single());
        Assert.StartsWith("NothingToChange,", _engine.Fails("Set-Container one").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("6 MiB", _engine.Fails("Set-Container one -Memory 1MB").Exception.Message, StringComparison.Ordinal);
        _engine.Run("Remove-Container -Force one, two");
    }

    [Fact]
    public void Many_containers_are_stopped_at_once()
    {
        _engine.Run("$null = 1..10 | ForEach-Object { Invoke-Container host -Detach -Name \"many-$_\" -- sleep 1000 }");
        var elapsed = Stopwatch.StartNew();

        // sleep is the first process of its namespace, so that SIGTERM does nothing to it and each takes the whole timeout.
        var result = _engine.Run(
            "Get-Container | Where-Object State -eq Running | Stop-Container -Timeout 2s -PassThru | Remove-Container -PassThru");

        Assert.Equal(10, result.Output.Count);
        Assert.InRange(elapsed.Elapsed, TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(12));
        Assert.Empty(_engine.Run("Get-Container").Output);
    }

    [Fact]
    public void Logs_are_records_strings_or_the_last_lines()
    {
        _engine.Run("$null = Invoke-Container host -Detach -Name log -- sh -c 'for i in 1 2 3 4 5; do echo line $i; done; echo oops >&2' | Wait-Container -Timeout 30");

        var records = _engine.Run("Get-ContainerLog log").Output.Select(o => Assert.IsType<ContainerLogRecord>(o.BaseObject)).ToList();
        Assert.Equal(["line 1", "line 2", "line 3", "line 4", "line 5"], records.Where(r => r.Stream == ContainerLogStream.StdOut).Select(r => r.Text));
        Assert.Equal("oops", Assert.Single(records, r => r.Stream == ContainerLogStream.StdErr).Text);
        Assert.All(records, r => Assert.InRange((DateTimeOffset.Now - r.Time).TotalSeconds, -1, 120));

        Assert.All(_engine.Run("Get-ContainerLog log -Raw").Output, o => Assert.IsType<string>(o.BaseObject));
        Assert.Equal(2, _engine.Run("Get-ContainerLog log -Tail 2").Output.Count);
        Assert.Empty(_engine.Run("Get-ContainerLog log -Tail 0").Output);
        Assert.Empty(_engine.Run("Get-ContainerLog log -Since ([DateTimeOffset]::Now.AddMinutes(5))").Output);
        Assert.Equal(6, _engine.Run("Get-Container log | Get-ContainerLog -Since 1h").Output.Count);
        Assert.Matches("^2[0-9]{3}-.*Z line 1$", _engine.Run("Get-ContainerLog log -Timestamps").Lines[0]);
    }

    [Fact]
    public void A_log_is_followed_to_the_containers_end()
    {
        _engine.Run("$null = Invoke-Container host -Detach -Name follow -- sh -c 'for i in 1 2 3; do echo $i; sleep 0.3; done'");

        Assert.Equal(["1", "2", "3"], _engine.Run("Get-ContainerLog follow -Follow -Raw").Lines);
    }

    [Fact]
    public void Following_ends_when_the_pipeline_is_stopped()
    {
        _engine.Run("$null = Invoke-Container host -Detach -Name follow -- sh -c 'while :; do echo x; sleep 0.2; done'");
        using var pipeline = _engine.Session.CreatePipeline("Get-ContainerLog follow -Follow");
        pipeline.BeginInvoke();
        Thread.Sleep(1000);
        var elapsed = Stopwatch.StartNew();

        pipeline.Stop();

        Assert.InRange(elapsed.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(3));
        Assert.Equal(["Running"], _engine.Run("(Get-Container follow).State").Lines);
    }

    [Fact]
    public void A_privileged_container_is_shown_as_such()
    {
        _engine.Run("$null = New-Container host -Name plain -- true; $null = New-Container host -Name strong -Privileged -- true");

        var lines = _engine.Session.Show("Get-Container").OutputLines;

        Assert.EndsWith("yes", Assert.Single(lines, line => line.Contains("strong", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain("yes", Assert.Single(lines, line => line.Contains("plain", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(["unconfined"], _engine.Run("(Get-Container strong).Seccomp").Lines);
    }
}
