namespace Containers.Module.Tests.EndToEnd;

/// <summary>Restart policies from a session, and the machine's start.</summary>
public sealed class RestartTests : IDisposable
{
    private readonly EngineSessionFixture _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void A_container_is_started_again_as_often_as_its_policy_says_and_shows_it()
    {
        var started = Assert.IsType<Container>(_engine.Run("Invoke-Container host -Detach -Name tries -Restart On-Failure:2 -- sh -c 'exit 6'").Single);
        Assert.Equal(("on-failure:2", "on-failure", 2), (started.RestartPolicy.ToString(), started.RestartPolicy.Name, started.RestartPolicy.MaximumRetryCount));
        var ended = Await("tries", container => container is { State: ContainerState.Exited, RestartCount: 2 });
        Assert.Equal(6, ended.ExitCode);
        Assert.Equal(["True", "True"], _engine.Run("$c = Get-Container tries; $c.RestartPolicy -eq 'ON-FAILURE:2'; \"$($c.RestartPolicy)\" -eq 'on-failure:2'").Lines);

        var plain = Assert.IsType<Container>(_engine.Run("New-Container host -Name plain -- true").Single);
        Assert.Equal(("no", 0, null, null), (plain.RestartPolicy.ToString(), plain.RestartCount, plain.RestartError, plain.NextStartAt));

        // A container's own is taken too.
        Assert.Equal(["on-failure:2"], _engine.Run("(New-Container host -Name same -Restart (Get-Container tries).RestartPolicy -- true).RestartPolicy.ToString()").Lines);
    }

    [Fact]
    public void One_that_waits_for_its_start_is_shown_so_and_is_stopped_or_removed()
    {
        _engine.Run("$null = Invoke-Container host -Detach -Name again -Restart always -- sh -c 'exit 5'");
        var waiting = Await("again", container => container is { State: ContainerState.Restarting, RestartCount: >= 3, NextStartAt: not null });
        Assert.Equal(("Restarting (5)", 5), (Formatting.State(waiting), waiting.ExitCode));
        Assert.Equal(["again"], _engine.Run("Get-Container -State Restarting, Running").Lines);

        var stopped = Assert.IsType<Container>(_engine.Run("Stop-Container again -PassThru").Single);
        Assert.Equal((ContainerState.Exited, 5), (stopped.State, stopped.ExitCode));
        Assert.Empty(_engine.Run("Remove-Container again").Output);
    }

    [Fact]
    public void What_is_no_policy_and_what_cannot_have_one_is_refused()
    {
        var wrong = _engine.Fails("New-Container host -Restart sometimes -- true");
        Assert.Contains("on-failure, on-failure:N, always or unless-stopped", wrong.Exception.Message, StringComparison.Ordinal);
        var removed = _engine.Session.Run("New-Container host -Rm -Restart always -- true").Errors;
        Assert.Contains("leave out -Rm", Assert.Single(removed).Exception.Message, StringComparison.Ordinal);
        Assert.Empty(_engine.Run("Get-Container").Output);
        Assert.Equal(["no", "on-failure", "on-failure:3", "always", "unless-stopped"], _engine.Session.Complete("New-Container host -Restart "));
    }

    [Fact]
    public void Those_whose_policy_says_so_are_started_as_after_the_machines_start()
    {
        _engine.Run("""
            $null = Invoke-Container host -Detach -Name always -Restart always -- sleep 1000
            $null = Invoke-Container host -Detach -Name unless -Restart unless-stopped -- sleep 1000
            $null = Invoke-Container host -Detach -Name plain -- sleep 1000
            $null = New-Container host -Name never -Restart always -- sleep 1000
            Stop-Container always, unless, plain -Timeout 0
            """);

        Assert.Empty(_engine.Run("Start-Container -All -RestartPolicy -WhatIf").Output);
        Assert.Equal(["always"], _engine.Run("Start-Container -All -RestartPolicy").Lines);
        Assert.Empty(_engine.Run("Start-Container un*, plain -RestartPolicy").Output);
        Assert.Equal(["unless", "plain", "never"], _engine.Run("Start-Container -All").Lines);
        Assert.Empty(_engine.Run("Start-Container -All").Output);
        Assert.NotEmpty(_engine.Session.Run("Start-Container -All web").Errors);
    }

    [Fact]
    public void The_unit_is_written_where_asked_and_the_commands_are_told()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_engine.Root, "units")).FullName;
        Assert.Empty(_engine.Run($"Install-ContainerStartup -Path {folder} -WhatIf").Output);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));

        var file = Assert.IsType<FileInfo>(_engine.Run($"Install-ContainerStartup -Path {folder} -PassThru 6>$null").Single);
        Assert.Equal(Path.Combine(folder, "containers.service"), file.FullName);
        var text = File.ReadAllText(file.FullName);
        Assert.Contains($"Environment=\"CONTAINERS_ROOT={_engine.Root}\"\n", text, StringComparison.Ordinal);
        Assert.Contains($"Environment=\"CONTAINERS_CONFIG={_engine.ConfigurationPath}\"\n", text, StringComparison.Ordinal);
        var program = text.Split('\n').Single(line => line.StartsWith("ExecStop=", StringComparison.Ordinal)).Split('"')[1];
        Assert.True(File.Exists(program), program);

        Assert.Equal(["systemctl daemon-reload", "systemctl enable --now containers.service"], _engine.Run($"(Install-ContainerStartup {folder} 6>&1) -split '\\n' | ForEach-Object Trim").Lines.Skip(1));
        File.AppendAllText(file.FullName, "# mine\n");
        Assert.StartsWith("ContainerStartupExists,", _engine.Fails($"Install-ContainerStartup {folder}").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(_engine.Run($"Install-ContainerStartup {folder} -Force 6>$null").Output);
        Assert.Equal(text, File.ReadAllText(file.FullName));

        Assert.Empty(_engine.Run($"Uninstall-ContainerStartup {folder}").Output);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
        Assert.StartsWith("ContainerStartupNotFound,", _engine.Fails($"Uninstall-ContainerStartup {folder}").FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    private Container Await(string name, Func<Container, bool> isSo)
    {
        for (var attempt = 0; attempt < 300; attempt++)
        {
            var container = Assert.IsType<Container>(_engine.Run($"Get-Container {name}").Single);
            if (isSo(container))
            {
                return container;
            }

            Thread.Sleep(50);
        }

        throw new TimeoutException($"{name} does not get there");
    }
}
