using Containers.Engine.Configuration;

namespace Containers.Engine.Tests.Configuration;

public sealed class ConfigurationFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("containers-config-").FullName;

    private string Target => $"{folder}/config.json";

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_missing_file_is_made_with_its_folder_and_only_with_what_is_set()
    {
        string target = $"{folder}/etc/own/config.json";
        EngineConfiguration read = Change(target, changes =>
        {
            changes.Set("runtime.stopTimeout", 5L);
            changes.Set("limits.cpus", 1.5m);
            changes.Set("images.pull", "Never");
            changes.Set("runtime.noNewPrivileges", false);
            changes.SetRegistry("docker.io", new RegistryConfiguration { Mirrors = ["https://mirror.example.org"] });
        });
        Assert.Equal((5, 1.5m, ImagePullPolicy.Never, false), (read.Runtime.StopTimeout, read.Limits.Cpus, read.Images.Pull, read.Runtime.NoNewPrivileges));
        Assert.Equal(
            """{"runtime":{"stopTimeout":5,"noNewPrivileges":false},"limits":{"cpus":1.5},"images":{"pull":"Never"},"registries":{"docker.io":{"mirrors":["https://mirror.example.org"]}}}""",
            Compact(File.ReadAllText(target)));
        Assert.Equal((UnixFileMode)0x1A4, File.GetUnixFileMode(target));
    }

    [Fact]
    public void What_is_not_named_stays_in_its_order_and_what_is_reset_goes_with_its_empty_section()
    {
        File.WriteAllText(Target, """{ "runtime": { "stopTimeout": 3 }, "cgroupParent": "x", "log": { "maxSize": 8192, "maxFiles": 7, }, "registries": { "a.example": {}, "b.example": { "insecure": true } } }""");
        EngineConfiguration read = Change(Target, changes =>
        {
            changes.Set("log.maxFiles", 9L);
            changes.Reset("runtime.stopTimeout");
            changes.Reset("limits.memory");
            changes.SetRegistry("a.example", null);
        });
        Assert.Equal("""{"cgroupParent":"x","log":{"maxSize":8192,"maxFiles":9},"registries":{"b.example":{"insecure":true}}}""", Compact(File.ReadAllText(Target)));
        Assert.Equal((10, ConfigurationSource.Default), (read.Runtime.StopTimeout, read.SourceOf("runtime.stopTimeout")));
    }

    [Fact]
    public void A_change_into_something_wrong_is_refused_and_leaves_the_file()
    {
        const string before = """{ "log": { "maxSize": 8192 } }""";
        File.WriteAllText(Target, before);
        EngineException e = Assert.Throws<EngineException>(() => Change(Target, changes => changes.Set("log.maxSize", 5L)));
        Assert.Equal(EngineErrorReason.InvalidConfiguration, e.Reason);
        Assert.Contains("log.maxSize", e.Message, StringComparison.Ordinal);
        _ = Assert.Throws<EngineException>(() => Change(Target, changes => changes.Set("no.such.key", 5L)));
        _ = Assert.Throws<EngineException>(() => Change(Target, changes => changes.SetRegistry("no host", new RegistryConfiguration())));
        Assert.Equal(before, File.ReadAllText(Target));
        Assert.Equal([Target, $"{folder}/.config.json.lock"], Directory.GetFiles(folder).OrderDescending(StringComparer.Ordinal));
    }

    [Fact]
    public void A_file_that_is_wrong_already_is_left()
    {
        File.WriteAllText(Target, "{ \"colour\": 1 }");
        Assert.Contains("line 1, key 'colour'", Assert.Throws<EngineException>(() => Change(Target, changes => changes.Set("log.maxSize", 8192L))).Message, StringComparison.Ordinal);
        Assert.Equal("{ \"colour\": 1 }", File.ReadAllText(Target));
    }

    [Fact]
    public void Comments_are_lost_only_where_that_is_allowed()
    {
        const string before = "{ // mine\n \"cgroupParent\": \"x\" }";
        File.WriteAllText(Target, before);
        EngineException e = Assert.Throws<EngineException>(() => Change(Target, changes => changes.Set("log.maxFiles", 5L)));
        Assert.Contains("-Force", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Target));
        _ = Change(Target, changes => changes.Set("log.maxFiles", 5L), dropComments: true);
        Assert.Equal("""{"cgroupParent":"x","log":{"maxFiles":5}}""", Compact(File.ReadAllText(Target)));
    }

    [Fact]
    public void Mode_and_a_link_to_the_file_are_kept()
    {
        File.WriteAllText($"{folder}/real.json", "{}");
        File.SetUnixFileMode($"{folder}/real.json", (UnixFileMode)0x1B0);
        File.CreateSymbolicLink(Target, "real.json");
        _ = Change(Target, changes => changes.Set("log.maxFiles", 5L));
        Assert.Equal("real.json", new FileInfo(Target).LinkTarget);
        Assert.Equal("""{"log":{"maxFiles":5}}""", Compact(File.ReadAllText($"{folder}/real.json")));
        Assert.Equal((UnixFileMode)0x1B0, File.GetUnixFileMode($"{folder}/real.json"));
    }

    [Fact]
    public async Task Writers_at_the_same_time_lose_no_change_and_readers_always_see_a_whole_file()
    {
        File.WriteAllText(Target, "{}");
        using var end = new CancellationTokenSource();
        Task reader = Task.Run(() =>
        {
            while (!end.IsCancellationRequested)
            {
                _ = EngineConfiguration.Load(Target);
            }
        });
        Parallel.For(0, 16, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => Change(Target, changes => changes.SetRegistry($"r{i}.example", new RegistryConfiguration { Insecure = true })));
        await end.CancelAsync();
        await reader;
        Assert.Equal(16, EngineConfiguration.Load(Target).Registries.Count);
    }

    [Fact]
    public void A_preview_writes_nothing()
    {
        var changes = new ConfigurationChanges();
        changes.Set("cgroupParent", "other");
        Assert.Equal("other", ConfigurationFile.Preview(changes, Target).CgroupParent);
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    private static EngineConfiguration Change(string file, Action<ConfigurationChanges> make, bool dropComments = false)
    {
        var changes = new ConfigurationChanges();
        make(changes);
        return ConfigurationFile.Change(changes, file, dropComments, TestContext.Current.CancellationToken);
    }

    private static string Compact(string json) => System.Text.Json.Nodes.JsonNode.Parse(json)!.ToJsonString();
}
