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
    [InlineData("{\n\"images\": {\n\"pull\": \"Sometimes\"}}", 3, "images.pull")]
    [InlineData("{\n\"images\": {\n\"pull\": \"1\"}}", 3, "images.pull")]
    [InlineData("{\n\"images\": {\n\"pull\": 1}}", 3, "images.pull")]
    [InlineData("{\n\"images\": {\n\"parallel\": 0}}", 3, "images.parallel")]
    [InlineData("{\n\"images\": {\n\"parallel\": 17}}", 3, "images.parallel")]
    [InlineData("{\n\"registries\": []}", 2, "registries")]
    [InlineData("{\n\"registries\": {\n\"a.example\": 5}}", 3, "registries['a.example']")]
    [InlineData("{\n\"registries\": {\n\"registry\": {}}}", 3, "registries['registry']")]
    [InlineData("{\n\"registries\": {\n\"A.example\": {}}}", 3, "registries['A.example']")]
    [InlineData("{\n\"registries\": {\n\"a.example/team\": {}}}", 3, "registries['a.example/team']")]
    [InlineData("{\n\"registries\": {\n\"https://a.example\": {}}}", 3, "registries['https://a.example']")]
    [InlineData("{\n\"registries\": {\n\"a.example\": {\n\"mirrors\": \"https://b\"}}}", 4, "registries['a.example'].mirrors")]
    [InlineData("{\n\"registries\": {\n\"a.example\": {\n\"mirrors\": [\"b.example\"]}}}", 4, "registries['a.example'].mirrors")]
    [InlineData("{\n\"registries\": {\n\"a.example\": {\n\"mirrors\": [\"http://b.example\"]}}}", 4, "registries['a.example'].mirrors")]
    [InlineData("{\n\"registries\": {\n\"a.example\": {\n\"mirrors\": [\"https://user:word@b.example\"]}}}", 4, "registries['a.example'].mirrors")]
    [InlineData("{\n\"registries\": {\n\"a.example\": {\n\"mirrors\": [\"https://b.example/v2?x\"]}}}", 4, "registries['a.example'].mirrors")]
    [InlineData("{\n\"registries\": {\n\"a.example\": {\n\"mirrors\": [null]}}}", 4, "registries['a.example'].mirrors")]
    [InlineData("{\n\"registries\": {\n\"a.example\": {\n\"insecure\": \"yes\"}}}", 4, "registries['a.example'].insecure")]
    [InlineData("{\n\"registries\": {\n\"a.example\": {\n\"certificateAuthority\": \"own.pem\"}}}", 4, "registries['a.example'].certificateAuthority")]
    [InlineData("{\n\"registries\": {\n\"a.example\": {\n\"mirror\": []}}}", 4, "registries['a.example'].mirror")]
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

    [Theory]
    [InlineData("{ \"cgroupParent\": \"a\",\n\"cgroupParent\": \"b\" }", 2, "cgroupParent")]
    [InlineData("{ \"cgroupParent\": null,\n\"cgroupParent\": \"b\" }", 2, "cgroupParent")]
    [InlineData("{ \"log\": { \"maxSize\": 5000 },\n\n\"log\": { \"maxFiles\": 5 } }", 3, "log")]
    [InlineData("{ \"log\": { \"maxSize\": 5000,\n\"maxSize\": 5000 } }", 2, "log.maxSize")]
    [InlineData("{ \"registries\": { \"a.example\": {},\n\"a.example\": {} } }", 2, "registries['a.example']")]
    public void A_key_given_twice_is_refused(string text, int line, string key) =>
        Assert.StartsWith($"{file}, line {line}, key '{key}': it is there twice", Refused(text).Message, StringComparison.Ordinal);

    [Fact]
    public void Registries_and_images_are_read()
    {
        EngineConfiguration read = Load("""
            {
              "images": { "pull": "Always", "parallel": 5 },
              "registries": {
                "docker.io": { "mirrors": ["https://mirror.example.org", "https://mirror.example.org:5000/"] },
                "localhost:5000": { "mirrors": ["http://127.0.0.1:5001"], "insecure": true },
                "registry.example.org": { "certificateAuthority": "/etc/ssl/own.pem" },
                "plain.example.org": null
              }
            }
            """);
        Assert.Equal((ImagePullPolicy.Always, 5), (read.Images.Pull, read.Images.Parallel));
        Assert.Equal(["docker.io", "localhost:5000", "plain.example.org", "registry.example.org"], read.Registries.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["https://mirror.example.org", "https://mirror.example.org:5000/"], read.Registries["docker.io"].Mirrors);
        Assert.Equal((false, true), (read.Registries["docker.io"].Insecure, read.Registries["localhost:5000"].Insecure));
        Assert.Equal("/etc/ssl/own.pem", read.Registries["registry.example.org"].CertificateAuthority);
        Assert.Equal(ConfigurationSource.File, read.SourceOf("registries['docker.io']"));
        EngineConfiguration empty = Load("{}");
        Assert.Equal((ImagePullPolicy.Missing, 3, 0), (empty.Images.Pull, empty.Images.Parallel, empty.Registries.Count));
    }

    [Fact]
    public void Where_a_value_comes_from_is_told()
    {
        EngineConfiguration read = Load("""{ "log": { "maxSize": 8192 }, "stateRoot": "/srv/state", "runtimeRoot": null, "limits": {} }""");
        Assert.Equal(
            [ConfigurationSource.File, ConfigurationSource.Default, ConfigurationSource.File, ConfigurationSource.Default, ConfigurationSource.Default],
            new[] { "log.maxSize", "log.maxFiles", "stateRoot", "runtimeRoot", "limits.memory" }.Select(read.SourceOf));
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
