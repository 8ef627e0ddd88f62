using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.EndToEnd;

/// <summary>Health checks as a session asks for them and sees them.</summary>
public sealed class HealthTests : IDisposable
{
    private const string Wait = "function Wait-Until([scriptblock] $isSo) { foreach ($i in 1..200) { if (& $isSo) { return $true }; [Threading.Thread]::Sleep(50) }; $false }; ";

    private readonly EngineSessionFixture _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void A_container_is_checked_with_no_session_alive_and_any_later_one_sees_its_health()
    {
        var shell = ShellProcess.Run("-Command", "$null = New-Container host -Name web -HealthCommand 'echo well' -HealthInterval 100ms -- sleep 1000 | Start-Container");
        Assert.True(shell.ExitCode == 0, shell.Error);

        Assert.Equal(["True"], _engine.Run(Wait + "Wait-Until { (Get-Container web).Health.Result.Count -ge 2 }").Lines);
        var health = Assert.IsType<Container>(_engine.Run("Get-Container web").Single).Health!;
        Assert.Equal((ContainerHealthStatus.Healthy, 0), (health.Status, health.FailingStreak));
        Assert.All(health.Result, result => Assert.Equal(("web", 0, "well\n"), (result.ContainerName, result.ExitCode, result.Output)));
        Assert.Contains("Running (healthy)", _engine.Session.Show("Get-Container web").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_check_is_made_at_once_where_it_is_asked_for()
    {
        _engine.Run("'well', 'ill' | ForEach-Object { $null = New-Container host -Name $_ -HealthCommand test, $_, '=', well -HealthRetries 1 -- sleep 1000 | Start-Container }");
        _engine.Run("$null = New-Container host -Name none -- sleep 1000 | Start-Container");

        var results = _engine.Run("Test-ContainerHealth *ll").Output.Select(result => Assert.IsType<ContainerHealthResult>(result.BaseObject)).ToList();
        Assert.Equal([("well", true)], results.Where(result => result.ContainerName == "well").Select(result => (result.ContainerName, result.IsSuccess)));
        Assert.NotEqual(0, results.Single(result => result.ContainerName == "ill").ExitCode);
        Assert.Equal(["False", "True"], _engine.Run("Get-Container ill, well | Test-ContainerHealth -Quiet").Lines);
        Assert.Equal(["Healthy", "Unhealthy"], _engine.Run("(Get-Container well, ill).Health.Status").Lines);
        Assert.StartsWith("ContainerNotSupported,", _engine.Fails("Test-ContainerHealth none").FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void The_check_is_what_was_asked_for_and_an_images_can_be_left_out()
    {
        var check = Assert.IsType<Container>(_engine.Run(
            "New-Container host -HealthCommand 'curl -f http://localhost' -HealthInterval 1m30s -HealthTimeout 2 -HealthRetries 4 -HealthStartPeriod 5s -HealthStartInterval 600ms -HealthOnFailure Restart -- true")
            .Single).HealthCheck!;
        Assert.Equal(["/bin/sh", "-c", "curl -f http://localhost"], check.Command);
        Assert.Equal((90_000d, 2000d, 5000d, 600d), (check.Interval.TotalMilliseconds, check.Timeout.TotalMilliseconds, check.StartPeriod.TotalMilliseconds, check.StartInterval.TotalMilliseconds));
        Assert.Equal((4, ContainerHealthFailureAction.Restart), (check.Retries, check.OnFailure));
        Assert.Null(Assert.IsType<Container>(_engine.Run("New-Container host -HealthCommand none -- true").Single).HealthCheck);
        Assert.Contains("-HealthCommand", _engine.Fails("New-Container host -HealthRetries 2 -- true").ToString(), StringComparison.Ordinal);
        Assert.Contains("at least 1 ms", _engine.Fails("New-Container host -HealthCommand true -HealthInterval 0 -- true").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_foreground_container_is_checked_and_ended_too()
    {
        Assert.Equal(
            ["137"],
            _engine.Run("Invoke-Container host -Rm -HealthCommand false -HealthInterval 100ms -HealthRetries 2 -HealthOnFailure Kill -- sleep 1000; $LASTEXITCODE").Lines);
        Assert.Equal(["unhealthy kill"], _engine.Run("Watch-ContainerEvent -Action health_status -Until 0 | ForEach-Object { \"$($_.Attribute['healthStatus']) $($_.Attribute['onFailure'])\" }").Lines);
    }
}
