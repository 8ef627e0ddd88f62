namespace Containers.Module.Tests.EndToEnd;

public sealed class ConfigurationTests : IDisposable
{
    private readonly EngineSessionFixture _engine = new();

    public void Dispose()
    {
        _engine.Session.Run("Get-Container | Remove-Container -Force; Get-Cgroup /pscontainers-tests-own | Remove-Cgroup -Recurse -Force");
        _engine.Dispose();
    }

    [Fact]
    public void Values_are_told_with_where_they_come_from()
    {
        Write("""{ "log": { "maxSize": 8192 }, "runtime": { "stopTimeout": 3 }, "stateRoot": "/x/state", "registries": { "docker.io": { "mirrors": ["https://m.example.org"] } } }""");
        var read = Read();
        Assert.Equal((8192L, 3, TimeSpan.FromSeconds(3), ContainerPullPolicy.Missing), (read.LogMaxSize, read.LogMaxFiles, read.StopTimeout, read.ImagePull));
        Assert.Equal($"{_engine.Root}/state", read.StateRoot);
        Assert.Equal(_engine.ConfigurationPath, read.File);
        Assert.Equal(
            [ContainerConfigurationSource.Environment, ContainerConfigurationSource.File, ContainerConfigurationSource.Default, ContainerConfigurationSource.File, ContainerConfigurationSource.Default],
            new[] { "StateRoot", "LogMaxSize", "LogMaxFiles", "registry", "Memory" }.Select(name => read.Source[name]));
        Assert.Equal("docker.io (mirror https://m.example.org)", Assert.Single(read.Registry).ToString());
        var lines = _engine.Session.Show("Get-ContainerConfiguration").OutputLines;
        Assert.Contains(lines, line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["LogMaxSize", ":", "8", "KiB", "(File)"]);
        Assert.Contains(lines, line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["Memory", ":", "none", "(Default)"]);
    }

    [Fact]
    public void Parameters_are_written_checked_and_in_force_at_once()
    {
        Write("{}");
        var changed = Assert.IsType<ContainerConfiguration>(_engine.Run(
            """
            Set-ContainerConfiguration -Memory 64MB -Cpus 0.5 -PidsLimit 50 -LogMaxSize 1m -LogMaxFiles 2 -StopTimeout 5s -NoNewPrivileges $false -ImagePull Never -ImageParallel 5 -CgroupParent pscontainers-tests-own/parent `
                -Registry @{ Registry = 'docker.io'; Mirror = 'https://m.example.org' }, @{ Registry = 'localhost:5000'; Insecure = $true } -PassThru
            """).Single);
        Assert.Equal((64L << 20, 0.5m, 50L, 1L << 20, 2), (changed.Memory, changed.Cpus, changed.PidsLimit, changed.LogMaxSize, changed.LogMaxFiles));
        Assert.Equal((TimeSpan.FromSeconds(5), false, ContainerPullPolicy.Never, 5, "pscontainers-tests-own/parent"), (changed.StopTimeout, changed.NoNewPrivileges, changed.ImagePull, changed.ImageParallel, changed.CgroupParent));
        Assert.Equal(["docker.io (mirror https://m.example.org)", "localhost:5000 (insecure)"], changed.Registry.Select(entry => entry.ToString()));
        var container = Assert.IsType<Container>(_engine.Run("New-Container host -- true").Single);
        Assert.Equal((64L << 20, 50L), (container.Memory, container.PidsLimit));

        _engine.Run("Set-ContainerConfiguration -Reset Memory, pidslimit -RemoveRegistry docker.io -Registry @{ Registry = 'localhost:5000' }");
        Assert.Equal((null, null, 0.5m), (Read().Memory, Read().PidsLimit, Read().Cpus));
        Assert.Equal(["localhost:5000"], Read().Registry.Select(entry => entry.ToString()));
    }

    [Fact]
    public void An_object_is_written_where_it_differs()
    {
        Write("""{ "cgroupParent": "x", "limits": { "pidsLimit": 9 }, "registries": { "a.example": {}, "b.example": {} } }""");
        _engine.Run(
            """
            $c = Get-ContainerConfiguration
            $c.LogMaxFiles = 7; $c.PidsLimit = $null; $c.StopTimeout = '00:00:20'
            $c.Registry = @($c.Registry | Where-Object { $_.Registry -ne 'a.example' }) + [Containers.ContainerRegistryConfiguration]@{ Registry = 'c.example'; Insecure = $true }
            $c | Set-ContainerConfiguration
            """);
        Assert.Equal(
            """{"cgroupParent":"x","registries":{"b.example":{},"c.example":{"insecure":true}},"log":{"maxFiles":7},"runtime":{"stopTimeout":20}}""",
            System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(_engine.ConfigurationPath))!.ToJsonString());
        var before = File.ReadAllText(_engine.ConfigurationPath);
        _engine.Run("Get-ContainerConfiguration | Set-ContainerConfiguration");
        Assert.Equal(before, File.ReadAllText(_engine.ConfigurationPath));
    }

    [Fact]
    public void WhatIf_shows_the_change_and_checks_it_and_writes_nothing()
    {
        Write("{}");
        _engine.Run("Set-ContainerConfiguration -StopTimeout 30 -Memory 8MB -WhatIf");
        Assert.Contains(_engine.Session.Shown.OutputLines, line => line.Contains("set limits.memory to 8388608 (was none); set runtime.stopTimeout to 30 (was 10)", StringComparison.Ordinal));
        Assert.StartsWith("ContainerConfigurationInvalid,", _engine.Fails("Set-ContainerConfiguration -Memory 1MB -WhatIf").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("{}", File.ReadAllText(_engine.ConfigurationPath));
    }

    [Theory]
    [InlineData("-LogMaxFiles 0", "ContainerConfigurationInvalid")]
    [InlineData("-CgroupParent ../x", "ContainerConfigurationInvalid")]
    [InlineData("-Registry @{ Registry = 'nohost' }", "ContainerConfigurationInvalid")]
    [InlineData("-Registry @{ Registry = 'a.example'; Mirror = 'ftp://x' }", "ContainerConfigurationInvalid")]
    public void What_would_be_wrong_is_refused(string parameters, string id)
    {
        Write("{}");
        Assert.StartsWith($"{id},", _engine.Fails($"Set-ContainerConfiguration {parameters}").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("{}", File.ReadAllText(_engine.ConfigurationPath));
    }

    [Theory]
    [InlineData("-Reset Colour", "NoSuchConfigurationValue")]
    [InlineData("-RemoveRegistry a.example", "NoSuchRegistry")]
    [InlineData("-StopTimeout 500ms", "ConfigurationValueInvalid")]
    public void What_cannot_be_meant_is_refused(string parameters, string id)
    {
        Write("{}");
        var error = _engine.Fails($"Set-ContainerConfiguration {parameters}");
        Assert.StartsWith($"{id},", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("{}", File.ReadAllText(_engine.ConfigurationPath));
    }

    [Fact]
    public void Comments_are_lost_only_with_Force()
    {
        Write("{ /* mine */ }");
        Assert.Contains("-Force", _engine.Fails("Set-ContainerConfiguration -LogMaxFiles 5").ToString(), StringComparison.Ordinal);
        _engine.Run("Set-ContainerConfiguration -LogMaxFiles 5 -Force");
        Assert.Equal(5, Read().LogMaxFiles);
    }

    [Fact]
    public void A_wrong_file_is_told_by_every_cmdlet_and_a_missing_one_is_made()
    {
        Write("{\n\"colour\": 1 }");
        Assert.StartsWith("ContainerConfigurationInvalid,", _engine.Fails("Get-ContainerConfiguration").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("line 2, key 'colour'", _engine.Fails("Set-ContainerConfiguration -LogMaxFiles 5").ToString(), StringComparison.Ordinal);
        Assert.StartsWith("ContainerConfigurationInvalid,", _engine.Fails("Get-Container").FullyQualifiedErrorId, StringComparison.Ordinal);
        File.Delete(_engine.ConfigurationPath);
        _engine.Run("Set-ContainerConfiguration -LogMaxFiles 5");
        Assert.Equal(5, Read().LogMaxFiles);
    }

    [Fact]
    public void Names_are_completed() =>
        Assert.Equal(["StopTimeout"], _engine.Session.Complete("Set-ContainerConfiguration -Reset Stop"));

    private void Write(string text) => File.WriteAllText(_engine.ConfigurationPath, text);

    private ContainerConfiguration Read() => Assert.IsType<ContainerConfiguration>(_engine.Run("Get-ContainerConfiguration").Single);
}
