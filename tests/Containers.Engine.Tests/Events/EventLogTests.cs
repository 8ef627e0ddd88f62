using System.Text;
using Containers.Engine.Events;
using Containers.Interop;

namespace Containers.Engine.Tests.Events;

/// <summary>The record of events as files: several writers, rotation, followers, damage.</summary>
public sealed class EventLogTests : IDisposable
{
    private static readonly EventQuery All = new() { Until = DateTimeOffset.UtcNow.AddSeconds(-1), Since = DateTimeOffset.UnixEpoch };
    private readonly string root = Directory.CreateTempSubdirectory("events-").FullName;

    private string Current => $"{root}/events/events.json";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void An_event_comes_back_as_it_was_written()
    {
        using var log = new EventLog(root);
        var written = new ContainerEvent
        {
            Time = DateTimeOffset.UnixEpoch.AddSeconds(5),
            Type = ContainerEvent.ContainerType,
            Action = EventAction.Kill,
            Id = new string('a', 64),
            Name = "web",
            Image = "debian:12",
            Labels = new Dictionary<string, string> { ["time"] = "{\"time\":\n\"", ["ümlaut"] = "\u001b[31m" },
            Attributes = new Dictionary<string, string> { ["signal"] = "9" },
        };
        log.Write(written);

        ContainerEvent read = Assert.Single(new EventReader(log.Folder).Read(All, Cancellation));

        Assert.Equal(written with { Labels = read.Labels, Attributes = read.Attributes }, read);
        Assert.Equal(written.Labels, read.Labels);
        Assert.Equal(written.Attributes, read.Attributes);
    }

    [Fact]
    public async Task A_follower_gets_every_line_of_several_writers_once_over_many_rotations()
    {
        const int writers = 4, each = 500;
        using var log = new EventLog(root, maxSize: 64 * 1024);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var seen = new List<string>();
        using var reading = new ManualResetEventSlim();
        var reader = Task.Run(() =>
        {
            try
            {
                foreach (ContainerEvent happened in new EventReader(log.Folder).Read(new EventQuery(), end.Token))
                {
                    reading.Set();
                    lock (seen)
                    {
                        seen.Add(happened.Name!);
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // Asked for below.
            }
        }, Cancellation);
        Assert.True(EngineFixture.Patiently(() =>
        {
            log.Write(Event("first"));
            return reading.Wait(100, Cancellation);
        }));

        Parallel.For(0, writers, writer =>
        {
            using var own = new EventLog(root, maxSize: 64 * 1024);
            for (int i = 0; i < each; i++)
            {
                own.Write(Event($"{writer}-{i}"));
                if (i % 20 == 0)
                {
                    // A follower that is slower than two files are filled misses lines; this is no test of that.
                    Thread.Sleep(2);
                }
            }
        });
        _ = EngineFixture.Patiently(() =>
        {
            lock (seen)
            {
                return seen.Count(name => name != "first") >= writers * each;
            }
        });
        await end.CancelAsync();
        await reader;

        Assert.True(File.Exists(Current + ".1"), "it was never rotated");
        Assert.Equal(["events.json", "events.json.1"], Directory.GetFiles($"{root}/events").Select(Path.GetFileName).Order(StringComparer.Ordinal));
        seen.RemoveAll(name => name == "first");
        for (int writer = 0; writer < writers; writer++)
        {
            Assert.Equal(Enumerable.Range(0, each).Select(i => $"{writer}-{i}"), seen.Where(name => name.StartsWith($"{writer}-", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void A_line_written_to_a_file_that_was_rotated_a_moment_ago_is_seen()
    {
        using var log = new EventLog(root);
        log.Write(Event("before"));
        using FileStream late = new(Current, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using IEnumerator<ContainerEvent> follower = new EventReader(log.Folder).Read(new EventQuery { Since = DateTimeOffset.UnixEpoch }, end.Token).GetEnumerator();
        Assert.True(follower.MoveNext());
        File.Move(Current, Current + ".1");
        log.Write(Event("after"));
        Assert.True(follower.MoveNext());
        Assert.Equal("after", follower.Current.Name);

        late.Write(Encoding.UTF8.GetBytes("{\"time\":7,\"action\":\"die\",\"type\":\"container\",\"id\":\"x\",\"name\":\"late\"}\n"));
        late.Flush();

        Assert.True(follower.MoveNext());
        Assert.Equal("late", follower.Current.Name);
    }

    [Fact]
    public void What_a_killed_writer_left_of_a_line_costs_no_other_line()
    {
        using var log = new EventLog(root);
        log.Write(Event("one"));
        File.AppendAllText(Current, "{\"time\":5,\"action\":\"cre");
        log.Write(Event("two"));
        File.AppendAllText(Current, "\0\0\nnonsense\n{\"time\":1}\n[1,2]\n\n" + new string('x', 2 << 20) + "\n");
        log.Write(Event("three"));

        Assert.Equal(["one", "two", "three"], new EventReader(log.Folder).Read(All, Cancellation).Select(happened => happened.Name));
    }

    [Fact]
    public void A_container_that_was_renamed_dies_under_its_present_name()
    {
        using var log = new EventLog(root);
        log.Write(Event("old") with { Action = EventAction.Create, Id = "x" });
        log.Write(Event("new") with { Action = EventAction.Rename, Id = "x" });
        log.Write(Event("old") with { Action = EventAction.Die, Id = "x" });
        log.Write(Event("old") with { Action = EventAction.Die, Id = "y" });

        Assert.Equal(["old", "new", "new", "old"], new EventReader(log.Folder).Read(All, Cancellation).Select(happened => happened.Name));
    }

    [Fact]
    public void A_reader_ends_when_its_end_of_time_has_passed()
    {
        using var log = new EventLog(root);
        using IEnumerator<ContainerEvent> follower = new EventReader(log.Folder)
            .Read(new EventQuery { Until = DateTimeOffset.UtcNow.AddSeconds(1) }, Cancellation).GetEnumerator();
        _ = Task.Run(() => log.Write(Event("now") with { Time = DateTimeOffset.UtcNow }), Cancellation);
        Assert.True(follower.MoveNext());
        Assert.False(follower.MoveNext());
    }

    [Fact]
    public void Nothing_fails_where_nothing_can_be_recorded()
    {
        using var log = new EventLog(root);
        Directory.CreateDirectory(Current);
        log.Write(Event("lost"));
        Directory.Delete(Current);
        Assert.Empty(new EventReader(log.Folder).Read(All, Cancellation));
    }

    private static ContainerEvent Event(string name) => new()
    {
        Time = DateTimeOffset.UnixEpoch.AddSeconds(1), Type = ContainerEvent.ContainerType, Action = EventAction.Start, Id = new string('0', 64), Name = name, Image = "host",
    };
}
