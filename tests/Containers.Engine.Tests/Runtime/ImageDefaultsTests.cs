using Containers.Engine.Runtime;
using Containers.Engine.Tests.Images;

namespace Containers.Engine.Tests.Runtime;

/// <summary>What containers get of their image's configuration.</summary>
public sealed class ImageDefaultsTests : IDisposable
{
    private readonly EngineFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Fact]
    public void Everything_that_the_image_says_holds_and_what_is_asked_for_wins()
    {
        _ = ConfiguredImage.TakeIn(fixture, "app", """
            { "Entrypoint": ["sh", "-c", "echo $0 $*; echo $A-$B-$C; id -u; id -g; pwd; echo $PATH"], "Cmd": ["one", "two"], "Env": ["A=a", "B=b=b", "PATH=/bin"],
              "User": "user", "WorkingDir": "/made/for/it", "StopSignal": "SIGUSR1", "Labels": { "k": "image", "l": "image" }, "Volumes": { "/data": {} }, "ExposedPorts": { "80/tcp": {} } }
            """);
        RunResult result = fixture.Run(new ContainerOptions { Image = "app" });
        Assert.Equal(["one two", "a-b=b-", "1000", "1000", "/made/for/it", "/bin"], Lines(result));
        ContainerSnapshot kept = fixture.Engine.Create(new ContainerOptions { Image = "app", Labels = Pairs(("l", "own")) }, TestContext.Current.CancellationToken);
        Assert.Equal([("k", "image"), ("l", "own")], kept.Options.Labels.Select(label => (label.Key, label.Value)).Order());
        fixture.RemoveContainers();
        result = fixture.Run(new ContainerOptions
        {
            Image = "app", Command = ["three"], Environment = Pairs(("B", "own"), ("C", "c")), User = "0:2000", WorkingDirectory = "/tmp",
        });
        Assert.Equal(["three", "a-own-c", "0", "2000", "/tmp", "/bin"], Lines(result));
    }

    [Fact]
    public void An_entry_point_replaces_the_images_and_drops_its_arguments()
    {
        _ = ConfiguredImage.TakeIn(fixture, "app", """{ "Entrypoint": ["echo", "entry"], "Cmd": ["cmd"] }""");
        Assert.Equal("entry cmd\n", fixture.Run(new ContainerOptions { Image = "app" }).Good());
        Assert.Equal("entry own\n", fixture.Run(new ContainerOptions { Image = "app", Command = ["own"] }).Good());
        Assert.Equal("\n", fixture.Run(new ContainerOptions { Image = "app", Entrypoint = ["echo"] }).Good());
        Assert.Equal("a own\n", fixture.Run(new ContainerOptions { Image = "app", Entrypoint = ["echo", "a"], Command = ["own"] }).Good());
        Assert.Equal("own\n", fixture.Run(new ContainerOptions { Image = "app", Entrypoint = [], Command = ["echo", "own"] }).Good());
        EngineException nothing = Assert.Throws<EngineException>(() => fixture.Run(new ContainerOptions { Image = "app", Entrypoint = [] }));
        Assert.Equal(EngineErrorReason.InvalidArgument, nothing.Reason);
        Assert.Contains("An empty entry point leaves no command", nothing.Message, StringComparison.Ordinal);
        Assert.Equal(EngineErrorReason.InvalidArgument, Assert.Throws<EngineException>(() => fixture.Run(new ContainerOptions { Image = "app", Entrypoint = [""] })).Reason);
    }

    [Fact]
    public void Commands_of_one_text_and_nulls_are_read_as_docker_reads_them()
    {
        _ = ConfiguredImage.TakeIn(fixture, "old", """{ "Entrypoint": null, "Cmd": "true", "Env": null, "Labels": null, "Volumes": null, "ExposedPorts": null, "Healthcheck": null, "OnBuild": null }""");
        Assert.Equal(0, fixture.Run(new ContainerOptions { Image = "old" }).ExitCode);
        _ = ConfiguredImage.TakeIn(fixture, "none", "null");
        Assert.Equal(EngineErrorReason.InvalidArgument, Assert.Throws<EngineException>(() => fixture.Run(new ContainerOptions { Image = "none" })).Reason);
        Assert.Equal(0, fixture.Run(new ContainerOptions { Image = "none", Command = ["true"] }).ExitCode);
    }

    [Fact]
    public void A_stop_signal_of_the_image_ends_its_containers()
    {
        _ = ConfiguredImage.TakeIn(fixture, "app", """{ "Cmd": ["sh", "-c", "trap 'exit 5' USR2; echo ready; while :; do sleep 0.1; done"], "StopSignal": "USR2" }""");
        ContainerSnapshot made = fixture.Engine.Create(new ContainerOptions { Image = "app" }, TestContext.Current.CancellationToken);
        _ = fixture.Engine.Start(made.Id, TestContext.Current.CancellationToken);
        Assert.True(EngineFixture.Patiently(() => fixture.Engine.ReadLog(made.Id, new Containers.Engine.Logs.LogQuery(), TestContext.Current.CancellationToken).Any()));
        Assert.Equal(5, fixture.Engine.Stop(made.Id, null, null, TestContext.Current.CancellationToken).ExitCode);
        fixture.RemoveContainers();
    }

    [Fact]
    public void A_folder_that_the_image_declares_a_volume_keeps_the_images_files_and_is_gone_with_the_container()
    {
        _ = ConfiguredImage.TakeIn(fixture, "app", """{ "Volumes": { "/data": {}, "/new": {} } }""", root =>
        {
            Directory.CreateDirectory($"{root}/data");
            File.WriteAllText($"{root}/data/seed", "seed\n");
        });
        Assert.Equal("seed\n", fixture.Run(new ContainerOptions { Image = "app", Command = ["sh", "-c", "cat /data/seed; rm /data/seed; test ! -e /new"] }).Good());
        Assert.Equal("seed\n", fixture.Run(new ContainerOptions { Image = "app", Command = ["cat", "/data/seed"] }).Good());
    }

    [Theory]
    [InlineData("15", 15)]
    [InlineData("SIGTERM", 15)]
    [InlineData("term", 15)]
    [InlineData("SIGRTMIN+3", 37)]
    [InlineData("RTMAX-1", 63)]
    [InlineData("rtmin", 34)]
    [InlineData("0", null)]
    [InlineData("65", null)]
    [InlineData("-1", null)]
    [InlineData("SIG", null)]
    [InlineData("RTMIN+31", null)]
    [InlineData("RTMIN+99999999999", null)]
    [InlineData("RTMAX+1", null)]
    [InlineData("SIGNONE", null)]
    public void Signals_are_read_by_name_and_number(string text, int? number) => Assert.Equal(number, SignalName.TryParse(text));

    private static string[] Lines(RunResult result) => result.Good().TrimEnd('\n').Split('\n');

    private static Dictionary<string, string> Pairs(params (string Key, string Value)[] pairs) => pairs.ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
}
