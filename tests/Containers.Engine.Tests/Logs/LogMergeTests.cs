using Containers.Engine.Runtime;
using Containers.Engine.Tests;

namespace Containers.Engine.Logs;

/// <summary>Logs of real containers: several as one, and one over rotations and restarts.</summary>
public sealed class LogMergeTests : IDisposable
{
    private readonly EngineFixture fixture = new();

    private ContainerEngine Engine => fixture.Engine;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public void Logs_are_merged_by_time_and_the_tail_is_of_each()
    {
        string root = fixture.MakeRoot();
        string[] ids = ["a", "b", "c"];
        ids = [.. ids.Select(name => Engine.Create(Options(root, $"for i in 1 2 3 4 5; do echo {name}$i; sleep 0.05; done"), Cancellation).Id)];
        Array.ForEach(ids, id => Engine.Start(id, Cancellation));
        Array.ForEach(ids, id => Engine.Wait(id, TimeSpan.FromMinutes(1), Cancellation));

        List<(int Index, LogRecord Record)> all = [.. Engine.ReadLogs(ids, new LogQuery(), Cancellation)];
        Assert.Equal(15, all.Count);
        Assert.Equal(all.Select(one => one.Record.Time).Order(), all.Select(one => one.Record.Time));
        Assert.All(all, one => Assert.Equal("abc"[one.Index], one.Record.Text[0]));
        Assert.Equal(
            ["a4\n", "a5\n", "b4\n", "b5\n", "c4\n", "c5\n"],
            Engine.ReadLogs(ids, new LogQuery { Tail = 2 }, Cancellation).Select(one => one.Record.Text).Order(StringComparer.Ordinal));
        Assert.Empty(Engine.ReadLogs([], new LogQuery { Follow = true }, Cancellation));
        fixture.RemoveContainers();
    }

    [Fact]
    public void Several_logs_are_followed_until_all_containers_have_ended()
    {
        string root = fixture.MakeRoot();
        string shared = fixture.MakeFolder("shared");
        string[] ids =
        [
            Start(root, "echo short"),
            Start(root, "echo one; while [ ! -e /shared/go ]; do sleep 0.02; done; echo two", o => o with { Volumes = [new BindMount(shared, "/shared", false)] }),
        ];
        var seen = new List<string>();
        foreach ((int _, LogRecord record) in Engine.ReadLogs(ids, new LogQuery { Follow = true }, Cancellation))
        {
            seen.Add(record.Text.TrimEnd());
            if (seen.Count == 2)
            {
                File.WriteAllText($"{shared}/go", string.Empty);
            }
        }

        Assert.Equal(["one", "short"], seen.Take(2).Order(StringComparer.Ordinal));
        Assert.Equal(["two"], seen.Skip(2));
        fixture.RemoveContainers();
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public async Task A_log_is_followed_over_rotations_and_restarts_until_the_container_is_removed()
    {
        const int lines = 2000;
        string id = Engine.Create(
            Options(fixture.MakeRoot(), $"seq 1 {lines}") with { Log = new LogOptions { MaxSize = 64 * 1024, MaxFiles = 4 } }, Cancellation).Id;
        var seen = new List<string>();
        Engine.Start(id, Cancellation);
        var reading = Task.Run(
            () =>
            {
                foreach (LogRecord record in Engine.ReadLog(id, new LogQuery { Follow = true, OverRestarts = true }, Cancellation))
                {
                    lock (seen)
                    {
                        seen.Add(record.Text.TrimEnd());
                    }
                }
            },
            Cancellation);
        for (int life = 1; life <= 3; life++)
        {
            Engine.Wait(id, TimeSpan.FromMinutes(1), Cancellation);
            Assert.True(EngineFixture.Patiently(() =>
            {
                lock (seen)
                {
                    return seen.Count >= life * lines;
                }
            }));
            Assert.False(reading.IsCompleted);
            if (life < 3)
            {
                Engine.Start(id, Cancellation);
            }
        }

        Engine.Remove(id, force: false, Cancellation);
        await reading.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        string[] one = [.. Enumerable.Range(1, lines).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal([.. one, .. one, .. one], seen);
    }

    private static ContainerOptions Options(string root, string script) => new() { RootFileSystem = root, Command = ["sh", "-c", script] };

    private string Start(string root, string script, Func<ContainerOptions, ContainerOptions>? change = null)
    {
        ContainerOptions options = Options(root, script);
        return Engine.Start(Engine.Create(change?.Invoke(options) ?? options, Cancellation).Id, Cancellation).Id;
    }
}

