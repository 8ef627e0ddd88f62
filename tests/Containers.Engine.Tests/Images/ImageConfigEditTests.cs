using System.Text;
using System.Text.Json;
using Containers.Engine.Images;

namespace Containers.Engine.Tests.Images;

public sealed class ImageConfigEditTests
{
    private const string DiffId = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    private const string Base = """
        {"architecture":"arm64","variant":"v8","os":"linux","created":"2001-01-01T00:00:00Z","author":"first","x.unknown":{"deep":[1,2.50,"ü<"]},
        "config":{"Env":["PATH=/bin","A=1","NOTHING"],"Cmd":["old"],"Entrypoint":["e"],"Labels":{"k":"v"},"Healthcheck":{"Test":["CMD","x"],"Interval":30000000000},"OnBuild":null,"ExposedPorts":{"22/tcp":{}},"User":"u"},
        "rootfs":{"type":"layers","diff_ids":["sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]},
        "history":[{"created_by":"one"},{"created_by":"ENV","empty_layer":true,"own":7}]}
        """;

    private static readonly DateTimeOffset Time = new(2020, 2, 3, 4, 5, 6, 789, TimeSpan.FromHours(2));

    [Fact]
    public void A_layer_and_an_entry_of_the_history_are_added_and_all_else_is_kept()
    {
        JsonElement image = Edit(Base, new ImageChanges { Comment = "why" });
        using JsonDocument before = JsonDocument.Parse(Base);
        Assert.Equal(before.RootElement.GetProperty("x.unknown").GetRawText(), image.GetProperty("x.unknown").GetRawText());
        foreach (string kept in (string[])["Healthcheck", "Env", "Cmd", "Entrypoint", "Labels", "ExposedPorts", "User", "OnBuild"])
        {
            Assert.Equal(before.RootElement.GetProperty("config").GetProperty(kept).GetRawText(), image.GetProperty("config").GetProperty(kept).GetRawText());
        }

        Assert.Equal(("arm64", "v8", "first"), (image.GetProperty("architecture").GetString(), image.GetProperty("variant").GetString(), image.GetProperty("author").GetString()));
        Assert.Equal("2020-02-03T02:05:06.789Z", image.GetProperty("created").GetString());
        Assert.Equal(DiffId, image.GetProperty("rootfs").GetProperty("diff_ids")[1].GetString());
        Assert.Equal(3, image.GetProperty("history").GetArrayLength());
        Assert.Equal(7, image.GetProperty("history")[1].GetProperty("own").GetInt32());
        Assert.Equal("""{"created":"2020-02-03T02:05:06.789Z","created_by":"test","comment":"why"}""", image.GetProperty("history")[2].GetRawText());
    }

    [Fact]
    public void What_is_asked_is_changed_and_added()
    {
        JsonElement config = Edit(Base, new ImageChanges
        {
            Entrypoint = [],
            Cmd = ["new", "<x>"],
            Env = new Dictionary<string, string> { ["Z"] = "", ["A"] = "2", ["NOTHING"] = "now" },
            User = "",
            WorkingDir = "/w",
            StopSignal = "INT",
            Labels = new Dictionary<string, string> { ["k"] = "2", ["a"] = "=" },
            ExposedPorts = ["80", "53/udp"],
            Volumes = ["/data"],
        }).GetProperty("config");
        Assert.False(config.TryGetProperty("Entrypoint", out _));
        Assert.False(config.TryGetProperty("User", out _));
        Assert.Equal("""["new","<x>"]""", config.GetProperty("Cmd").GetRawText());
        Assert.Equal("""["PATH=/bin","A=2","NOTHING=now","Z="]""", config.GetProperty("Env").GetRawText());
        Assert.Equal("""{"k":"2","a":"="}""", config.GetProperty("Labels").GetRawText());
        Assert.Equal("""{"22/tcp":{},"80/tcp":{},"53/udp":{}}""", config.GetProperty("ExposedPorts").GetRawText());
        Assert.Equal("""{"/data":{}}""", config.GetProperty("Volumes").GetRawText());
        Assert.Equal(("/w", "INT"), (config.GetProperty("WorkingDir").GetString(), config.GetProperty("StopSignal").GetString()));
    }

    [Fact]
    public void A_history_that_was_not_kept_is_made_up_to_the_layers()
    {
        JsonElement history = Edit("""{"rootfs":{"diff_ids":["sha256:a","sha256:b"]},"history":null,"config":null}""", new ImageChanges()).GetProperty("history");
        Assert.Equal(3, history.GetArrayLength());
        Assert.Equal("test", history[2].GetProperty("created_by").GetString());
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"config":[]}""")]
    [InlineData("""{"config":{"Env":[1]},"rootfs":{"diff_ids":{}}}""")]
    [InlineData("""{"config":{},"config":{}}""")]
    [InlineData("""{"config":{"Labels":{"a":"1","a":"2"}}}""")]
    [InlineData("""{"history":[{"empty_layer":"x"}]}""")]
    [InlineData("null")]
    public void A_damaged_configuration_is_told(string configuration) =>
        Assert.Equal(EngineErrorReason.Storage, Assert.Throws<EngineException>(() => Edit(configuration, new ImageChanges { Env = new Dictionary<string, string> { ["A"] = "1" } })).Reason);

    private static JsonElement Edit(string configuration, ImageChanges changes)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(configuration);
        byte[] edited = ImageConfigEdit.AddLayer(bytes, DiffId, changes, Time, "test");
        Assert.Equal(edited, ImageConfigEdit.AddLayer(bytes, DiffId, changes, Time, "test"));
        return JsonDocument.Parse(edited).RootElement;
    }
}
