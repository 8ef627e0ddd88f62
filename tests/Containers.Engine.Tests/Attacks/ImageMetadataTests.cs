using Containers.Engine.Images;
using Containers.Engine.Runtime;
using Containers.Engine.Tests.Images;

namespace Containers.Engine.Tests.Attacks;

/// <summary>
/// podman CVE-2026-94603, CRI-O CVE-2024-3154, GHSA-q6r4-3wmg-fwcq: an image's configuration switches protection off, reaches the host through its working
/// directory, or breaks what reads it.
/// </summary>
public sealed class ImageMetadataTests : AttackTest
{
    private static readonly string Probe = "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status; cat /proc/self/uid_map; ls /dev | sort";

    [Fact]
    public void Nothing_in_a_configuration_lends_a_privilege()
    {
        _ = ConfiguredImage.TakeIn(Fixture, "plain", """{ "Cmd": ["true"] }""");
        _ = ConfiguredImage.TakeIn(Fixture, "greedy", """
            { "Cmd": ["true"], "Privileged": true, "CapAdd": ["ALL"], "SecurityOpt": ["seccomp=unconfined"], "HostConfig": { "Privileged": true, "Binds": ["/:/host"] },
              "Labels": { "io.podman.annotations.privileged": "TRUE", "run": "docker run --privileged", "io.containers.capabilities": "SYS_ADMIN", "io.podman.annotations.seccomp": "unconfined" },
              "Volumes": { "/:/host": {}, "/proc": {}, "/dev": {}, "../../etc": {} }, "NetworkDisabled": false }
            """, more: """, "annotations": { "io.podman.annotations.privileged": "TRUE" }, "container_config": { "Privileged": true }""");
        RunResult plain = Fixture.Run(new ContainerOptions { Image = "plain", Command = ["sh", "-c", Probe] });
        RunResult greedy = Fixture.Run(new ContainerOptions { Image = "greedy", Command = ["sh", "-c", Probe + "; test ! -e /host"] });
        Assert.Equal(plain.Good(), greedy.Good());
        Assert.Contains("Seccomp:\t2", greedy.Output, StringComparison.Ordinal);
        Assert.False(greedy.Container.Options.Privileged);
        Assert.NotEqual(plain.Output, Fixture.Run(new ContainerOptions { Image = "plain", Privileged = true, Command = ["sh", "-c", Probe] }).Good());
    }

    [Theory]
    [InlineData("/absolute/inner")]
    [InlineData("/relative/inner")]
    [InlineData("/chain/a/b")]
    [InlineData("/absolute")]
    [InlineData("/../../../../../../../../absolute/../relative/x")]
    public void A_working_directory_behind_the_images_links_is_not_made_on_the_host(string folder)
    {
        string up = string.Concat(Enumerable.Repeat("../", 20)), host = HostFolder;
        _ = ConfiguredImage.TakeIn(Fixture, "app", $$"""{ "Cmd": ["sh", "-c", "pwd; ls -a; cat secret"], "WorkingDir": "{{folder}}", "User": "1000" }""", root =>
        {
            File.CreateSymbolicLink($"{root}/absolute", host);
            File.CreateSymbolicLink($"{root}/relative", up + host.TrimStart('/'));
            File.CreateSymbolicLink($"{root}/chain", "/absolute");
        });
        _ = Refused(new ContainerOptions { Image = "app" });
        AssertHostFolderIsUntouched();
    }

    [Theory]
    [InlineData("/absolute/inner")]
    [InlineData("/relative/inner")]
    [InlineData("/chain/a/b")]
    [InlineData("/absolute")]
    public void A_link_that_would_lead_to_a_host_folder_leads_to_the_images_own(string folder)
    {
        string up = string.Concat(Enumerable.Repeat("../", 20)), host = HostFolder;
        _ = ConfiguredImage.TakeIn(Fixture, "app", $$"""{ "Cmd": ["sh", "-c", "pwd; touch here; stat -c %u:%a ."], "WorkingDir": "{{folder}}" }""", root =>
        {
            Directory.CreateDirectory(root + host);
            File.CreateSymbolicLink($"{root}/absolute", host);
            File.CreateSymbolicLink($"{root}/relative", up + host.TrimStart('/'));
            File.CreateSymbolicLink($"{root}/chain", "/absolute");
        });
        string rest = folder.IndexOf('/', 1) is > 0 and var end ? folder[end..] : string.Empty;
        Assert.Equal($"{host}{rest}\n0:755\n", Fixture.Run(new ContainerOptions { Image = "app" }).Good());
        AssertHostFolderIsUntouched();
    }

    [Theory]
    [InlineData("""{ "Env": ["NoEquals"] }""", "variable 'NoEquals'")]
    [InlineData("""{ "Env": ["=x"] }""", "variable '=x'")]
    [InlineData("""{ "Env": ["A=\u0000"] }""", "variable 'A=\\x00'")]
    [InlineData("""{ "WorkingDir": "relative" }""", "working directory 'relative'")]
    [InlineData("""{ "WorkingDir": "/a\u0000b" }""", "working directory")]
    [InlineData("""{ "User": "\u001b[2Jroot" }""", "user '\\x1b[2Jroot'")]
    [InlineData("""{ "User": "4294967296" }""", "user '4294967296'")]
    [InlineData("""{ "User": "-1" }""", "user '-1'")]
    [InlineData("""{ "User": ":0" }""", "user ':0'")]
    [InlineData("""{ "User": "a:b:c" }""", "user 'a:b:c'")]
    [InlineData("""{ "User": "../etc" }""", "user '../etc'")]
    [InlineData("""{ "StopSignal": "SIGNONE" }""", "stop signal 'SIGNONE'")]
    [InlineData("""{ "StopSignal": "99" }""", "stop signal '99'")]
    [InlineData("""{ "Cmd": ["a\u0000b"] }""", "command 'a\\x00b'")]
    public void A_wrong_value_is_refused_when_a_container_is_made_and_only_where_it_is_used(string config, string shown)
    {
        ImageInfo image = ConfiguredImage.TakeIn(Fixture, "app", config);
        Assert.Equal("app:latest", Fixture.Engine.Images.Get(image.Id).Name);
        bool isCommand = config.Contains("Cmd", StringComparison.Ordinal);
        EngineException e = Assert.Throws<EngineException>(() => Fixture.Engine.Create(new ContainerOptions { Image = "app", Command = isCommand ? [] : ["true"] }, TestContext.Current.CancellationToken));
        Assert.Equal(EngineErrorReason.InvalidData, e.Reason);
        Assert.Contains(shown, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(e.Message, char.IsControl);
        Assert.Empty(Fixture.Engine.List());
        if (!config.Contains("Env", StringComparison.Ordinal))
        {
            _ = Fixture.Run(new ContainerOptions { Image = "app", Command = ["true"], User = "0", WorkingDirectory = "/", StopSignal = 15 }).Good();
        }
    }

    [Theory]
    [InlineData("\"Env\":[\"A=1\"]", "\"Env\":{\"A\":1}", "config.Env")]
    [InlineData("\"Env\":[\"A=1\"]", "\"Env\":[\"A=1\",null]", "config.Env")]
    [InlineData("\"Env\":[\"A=1\"]", "\"ExposedPorts\":[80]", "config.ExposedPorts")]
    [InlineData("\"Env\":[\"A=1\"]", "\"User\":0", "config.User")]
    [InlineData("\"Env\":[\"A=1\"]", "\"Labels\":{\"a\":{}}", "config.Labels.a")]
    [InlineData("\"Env\":[\"A=1\"]", "\"Healthcheck\":{\"Interval\":\"30s\"}", "config.Healthcheck.Interval")]
    [InlineData("\"os\":\"linux\"", "\"os\":[]", "os")]
    [InlineData("\"created\":\"2024-05-06T07:08:09.123456789Z\"", "\"created\":\"yesterday\"", "created")]
    [InlineData("\"os\":\"linux\"", "\"history\":[null]", "history")]
    public void Members_of_wrong_types_are_listed_and_removed_and_refused_with_their_name(string good, string bad, string member)
    {
        _ = ConfiguredImage.TakeIn(Fixture, "app", "{\"Cmd\":[\"true\"],\"Env\":[\"A=1\"]}");
        ConfiguredImage.Replace(Fixture, "app:latest", text =>
        {
            Assert.Contains(good, text, StringComparison.Ordinal);
            return text.Replace(good, bad, StringComparison.Ordinal);
        });
        Assert.Equal("app:latest", Fixture.Engine.Images.List()[1].Name);
        Assert.NotEqual(0, Fixture.Engine.Images.List()[1].Size);
        EngineException e = Assert.Throws<EngineException>(() => Fixture.Run(new ContainerOptions { Image = "app", Command = ["true"] }));
        Assert.Equal(EngineErrorReason.InvalidData, e.Reason);
        Assert.Contains($"'{member}", e.Message, StringComparison.Ordinal);
        Fixture.Engine.Images.Remove("app", force: false);
        Assert.Single(Fixture.Engine.Images.List());
        Assert.Empty(Directory.GetFileSystemEntries($"{Fixture.StateRoot}/layers"));
    }

    [Theory]
    [InlineData("\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"", "\"rootfs\":null,\"x\":{\"diff_ids\":[\"")]
    [InlineData("\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"", "\"rootfs\":{\"diff_ids\":null,\"x\":[\"")]
    [InlineData("\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"", "\"rootfs\":{\"diff_ids\":[null,\"")]
    [InlineData("\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"", "\"rootfs\":{\"diff_ids\":[\"sha256:../../../../etc\",\"")]
    public void A_configuration_without_usable_layers_is_listed_and_gives_no_container(string good, string bad)
    {
        _ = ConfiguredImage.TakeIn(Fixture, "app", "{\"Cmd\":[\"true\"]}");
        ConfiguredImage.Replace(Fixture, "app:latest", text => text.Replace(good, bad, StringComparison.Ordinal));
        Assert.Equal(2, Fixture.Engine.Images.List().Count);
        Assert.Equal(EngineErrorReason.Storage, Assert.Throws<EngineException>(() => Fixture.Run(new ContainerOptions { Image = "app" })).Reason);
        Fixture.Engine.Images.Remove("app", force: false);
    }

    [Fact]
    public void An_image_for_another_system_is_refused()
    {
        _ = ConfiguredImage.TakeIn(Fixture, "app", "{}");
        ConfiguredImage.Replace(Fixture, "app:latest", text => text.Replace("\"os\":\"linux\"", "\"os\":\"windows\\u001b\"", StringComparison.Ordinal));
        EngineException e = Assert.Throws<EngineException>(() => Fixture.Run(new ContainerOptions { Image = "app", Command = ["true"] }));
        Assert.Equal(EngineErrorReason.NotSupported, e.Reason);
        Assert.Contains("windows\\x1b", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_of_the_image_reaches_no_terminal_as_it_is()
    {
        _ = ConfiguredImage.TakeIn(Fixture, "app", """{ "Cmd": ["/\u001b]0;title\u0007"], "WorkingDir": "/bin/sh/\u001b[31m" }""");
        foreach (ContainerOptions options in (ContainerOptions[])[new() { Image = "app", WorkingDirectory = "/" }, new() { Image = "app", Command = ["true"] }])
        {
            EngineException e = Assert.Throws<EngineException>(() => Fixture.Run(options));
            Assert.DoesNotContain(e.Message, char.IsControl);
        }
    }

    [Fact]
    public void What_is_not_known_of_a_configuration_is_kept_when_it_is_written_anew()
    {
        ImageInfo image = ConfiguredImage.TakeIn(Fixture, "app", """{"Cmd":["true"],"ArgsEscaped":true,"Hostname":"h","Healthcheck":{"Test":["CMD","true"],"Interval":30000000000,"Odd":1},"Volumes":{"/v":{"a":1}},"OnBuild":["RUN x"],"Shell":["/bin/bash","-c"],"ExposedPorts":{"80/tcp":{},"53/udp":{}}}""",
            more: ",\"author\":\"A\",\"variant\":\"v8\",\"os.version\":\"1\",\"history\":[{\"created_by\":\"x\",\"odd\":2}]");
        using ImageContent content = Fixture.Engine.Images.OpenContent("app");
        byte[] again = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(content.Image, OciJson.Default.OciImage);
        Assert.True(
            System.Text.Json.Nodes.JsonNode.DeepEquals(Without(content.Config), Without(again)),
            $"{System.Text.Encoding.UTF8.GetString(content.Config)}\n{System.Text.Encoding.UTF8.GetString(again)}");
        Assert.Equal(("A", "v8", "linux"), (image.Author, image.Variant, image.OperatingSystem));
        Assert.Equal(["53/udp", "80/tcp"], image.Configuration.ExposedPorts);
        Assert.Equal(["/v"], image.Configuration.Volumes);
        Assert.Equal((TimeSpan.FromSeconds(30), 2), (image.Configuration.Healthcheck!.Interval, image.Configuration.Healthcheck.Test.Count));

        static System.Text.Json.Nodes.JsonNode Without(byte[] bytes)
        {
            System.Text.Json.Nodes.JsonObject node = System.Text.Json.Nodes.JsonNode.Parse(bytes)!.AsObject();
            node.Remove("created");
            return node;
        }
    }
}
