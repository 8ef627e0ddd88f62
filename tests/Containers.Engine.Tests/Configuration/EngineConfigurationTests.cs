using Containers.Engine.Configuration;

namespace Containers.Engine.Tests.Configuration;

public sealed class EngineConfigurationTests : IDisposable
{
    private readonly string file = $"{Path.GetTempPath()}/containers-config-{Guid.NewGuid():N}.json";

    public void Dispose() => File.Delete(file);

    [Fact]
    public void Every_key_is_read_and_comments_and_trailing_commas_are_allowed()
    {
        EngineConfiguration read = Load("""
            {
              // where things are
              "stateRoot": "/srv/state", "runtimeRoot": "/srv/run", "cgroupParent": "mine/own",
              "log": { "maxSize": 8192, "maxFiles": 7 },
              /* limits of all */
              "limits": { "memory": 67108864, "cpus": 1.5, "pidsLimit": 100 },
              "runtime": { "stopTimeout": 3, "noNewPrivileges": false, "seccompProfile": "/etc/profile.json" },
            }
            """);
        Assert.Equal(("/srv/state", "/srv/run", "mine/own"), (read.StateRoot, read.RuntimeRoot, read.CgroupParent));
        Assert.Equal((8192L, 7), (read.Log.MaxSize, read.Log.MaxFiles));
        Assert.Equal((67108864L, 1.5m, 100L), (read.Limits.Memory, read.Limits.Cpus, read.Limits.PidsLimit));
        Assert.Equal((3, false, "/etc/profile.json"), (read.Runtime.StopTimeout, read.Runtime.NoNewPrivileges, read.Runtime.SeccompProfile));
        Assert.Equal(file, read.File);
    }

    [Fact]
    public void An_empty_object_gives_the_defaults()
    {
        EngineConfiguration read = Load("{}");
        Assert.Equal(("/var/lib/pscontainers", "/run/pscontainers", "pscontainers"), (read.StateRoot, read.RuntimeRoot, read.CgroupParent));
        Assert.Equal((10L * 1024 * 1024, 3), (read.Log.MaxSize, read.Log.MaxFiles));
        Assert.Equal((null, null, null), (read.Limits.Memory, read.Limits.Cpus, read.Limits.PidsLimit));
        Assert.Equal((10, true, null), (read.Runtime.StopTimeout, read.Runtime.NoNewPrivileges, read.Runtime.SeccompProfile));
    }

    // The line is the one on which the mistake stands; the text begins on line 1.
    [Theory]
    [InlineData("{\n\"stateRoot\": \"relative\"}", 2, "stateRoot")]
    [InlineData("{\n\"stateRoot\": \"/\"}", 2, "stateRoot")]
    [InlineData("{\n\"stateRoot\": 5}", 2, "stateRoot")]
    [InlineData("{\n\n\"runtimeRoot\": \"here\"}", 3, "runtimeRoot")]
    [InlineData("{\"stateRoot\": \"/x\",\n\"runtimeRoot\": \"/x\"}", 2, "runtimeRoot")]
    [InlineData("{\n\"cgroupParent\": \"\"}", 2, "cgroupParent")]
    [InlineData("{\n\"cgroupParent\": \"/a\"}", 2, "cgroupParent")]
    [InlineData("{\n\"cgroupParent\": \"../other\"}", 2, "cgroupParent")]
    [InlineData("{\n\"log\": {\n\"maxSize\": 4095}}", 3, "log.maxSize")]
    [InlineData("{\n\"log\": {\n\"maxSize\": \"10m\"}}", 3, "log.maxSize")]
    [InlineData("{\n\"log\": {\n\"maxFiles\": 0}}", 3, "log.maxFiles")]
    [InlineData("{\n\"log\": {\n\"maxFiles\": 1001}}", 3, "log.maxFiles")]
    [InlineData("{\n\"limits\": {\n\"memory\": 6291455}}", 3, "limits.memory")]
    [InlineData("{\n\"limits\": {\n\"cpus\": 0}}", 3, "limits.cpus")]
    [InlineData("{\n\"limits\": {\n\"cpus\": -1}}", 3, "limits.cpus")]
    [InlineData("{\n\"limits\": {\n\"pidsLimit\": 0}}", 3, "limits.pidsLimit")]
    [InlineData("{\n\"limits\": {\n\"pidsLimit\": true}}", 3, "limits.pidsLimit")]
    [InlineData("{\n\"runtime\": {\n\n\"stopTimeout\": -1}}", 4, "runtime.stopTimeout")]
    [InlineData("{\n\"runtime\": {\n\"stopTimeout\": 86401}}", 3, "runtime.stopTimeout")]
    [InlineData("{\n\"runtime\": {\n\"noNewPrivileges\": \"no\"}}", 3, "runtime.noNewPrivileges")]
    [InlineData("{\n\"runtime\": {\n\"seccompProfile\": \"profile.json\"}}", 3, "runtime.seccompProfile")]
    [InlineData("{\n\"StateRoot\": \"/x\"}", 2, "StateRoot")]
    [InlineData("{\n\"colour\": \"red\"}", 2, "colour")]
    [InlineData("{\n\"log\": {\n\"driver\": \"none\"}}", 3, "log.driver")]
    [InlineData("{\n\"runtime\": {\n\"x\": {}}}", 3, "runtime.x")]
    public void A_wrong_value_is_refused_with_file_line_and_key(string text, int line, string key)
    {
        EngineException e = Refused(text);
        Assert.StartsWith($"{file}, line {line}, key '{key}': ", e.Message, StringComparison.Ordinal);
        Assert.True(e.Message.Length > $"{file}, line {line}, key '{key}': ".Length + 10, e.Message);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("null", 1)]
    [InlineData("[]", 1)]
    [InlineData("{\n\"log\": {\n}", 3)]
    [InlineData("{\n\"log\" {} }", 2)]
    [InlineData("{} {}", 1)]
    public void Broken_json_is_refused_with_file_and_line(string text, int line) =>
        Assert.StartsWith($"{file}, line {line}", Refused(text).Message, StringComparison.Ordinal);

    [Fact]
    public void Of_a_key_given_twice_the_last_one_counts()
    {
        EngineConfiguration read = Load("{ \"cgroupParent\": \"a\", \"cgroupParent\": \"b\" }");
        Assert.Equal("b", read.CgroupParent);
    }

    [Fact]
    public void A_file_that_is_named_must_be_there()
    {
        EngineException e = Assert.Throws<EngineException>(() => EngineConfiguration.Load("/no/such/file.json"));
        Assert.Equal(EngineErrorReason.InvalidConfiguration, e.Reason);
        Assert.Contains("/no/such/file.json", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_environment_names_the_file_and_overrides_the_roots()
    {
        File.WriteAllText(file, "{ \"stateRoot\": \"/a\", \"runtimeRoot\": \"/b\", \"cgroupParent\": \"c\" }");
        string? configBefore = Environment.GetEnvironmentVariable("CONTAINERS_CONFIG"), rootBefore = Environment.GetEnvironmentVariable("CONTAINERS_ROOT");
        try
        {
            Environment.SetEnvironmentVariable("CONTAINERS_CONFIG", file);
            Environment.SetEnvironmentVariable("CONTAINERS_ROOT", "/srv/own");
            EngineConfiguration read = EngineConfiguration.Load();
            Assert.Equal(("/srv/own/state", "/srv/own/run", "c", file), (read.StateRoot, read.RuntimeRoot, read.CgroupParent, read.File));
            Environment.SetEnvironmentVariable("CONTAINERS_ROOT", "own");
            Assert.Equal(EngineErrorReason.InvalidConfiguration, Assert.Throws<EngineException>(() => EngineConfiguration.Load()).Reason);
            Environment.SetEnvironmentVariable("CONTAINERS_ROOT", null);
            Assert.Equal("/a", EngineConfiguration.Load().StateRoot);
        }
        finally
        {
            Environment.SetEnvironmentVariable("CONTAINERS_CONFIG", configBefore);
            Environment.SetEnvironmentVariable("CONTAINERS_ROOT", rootBefore);
        }
    }

    private EngineConfiguration Load(string text)
    {
        File.WriteAllText(file, text);
        return EngineConfiguration.Load(file);
    }

    private EngineException Refused(string text)
    {
        EngineException e = Assert.Throws<EngineException>(() => Load(text));
        Assert.Equal(EngineErrorReason.InvalidConfiguration, e.Reason);
        return e;
    }
}
