using System.Collections.Concurrent;
using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Several engines and threads on the same roots.</summary>
public sealed class ManyAtOnceTests : IDisposable
{
    private const int Threads = 8;
    private readonly EngineFixture fixture = new();
    private string? root;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public void A_name_is_claimed_once()
    {
        using ContainerEngine other = OpenAnother();
        var outcomes = new ConcurrentBag<EngineErrorReason?>();
        AtOnce(i => outcomes.Add(Reason(() => (i % 2 == 0 ? fixture.Engine : other).Create(Options("true") with { Name = "wanted" }, Cancellation))));
        Assert.Single(outcomes, outcome => outcome is null);
        Assert.All(outcomes.Where(outcome => outcome is not null), outcome => Assert.Equal(EngineErrorReason.AlreadyExists, outcome));
        Assert.Equal("wanted", Assert.Single(other.List()).Name);
        fixture.RemoveContainers();
    }

    [Fact]
    public void Containers_are_made_while_others_look()
    {
        using ContainerEngine other = OpenAnother();
        var failures = new ConcurrentBag<Exception>();
        AtOnce(i =>
        {
            for (int turn = 0; turn < 25; turn++)
            {
                try
                {
                    if (i % 2 == 0)
                    {
                        _ = fixture.Engine.Create(Options("true"), Cancellation);
                    }
                    else
                    {
                        _ = other.List();
                    }
                }
                catch (Exception e) when (e is EngineException or IOException)
                {
                    failures.Add(e);
                }
            }
        });
        Assert.Empty(failures);
        Assert.Equal(Threads / 2 * 25, other.List().Count(c => c.State == ContainerState.Created));
        fixture.RemoveContainers();
    }

    [Fact]
    public void Starts_stops_and_removals_of_one_container_race_cleanly()
    {
        using ContainerEngine other = OpenAnother();
        EngineErrorReason?[] clean = [null, EngineErrorReason.NotFound, EngineErrorReason.Busy, EngineErrorReason.NotRunning];
        for (int turn = 0; turn < 6; turn++)
        {
            string id = fixture.Engine.Create(Options("while :; do sleep 0.05; done"), Cancellation).Id;
            var outcomes = new ConcurrentBag<(string What, EngineErrorReason? Reason)>();
            AtOnce(i =>
            {
                ContainerEngine engine = i % 2 == 0 ? fixture.Engine : other;
                outcomes.Add((i % 4) switch
                {
                    0 => ("start", Reason(() => engine.Start(id, Cancellation))),
                    1 => ("stop", Reason(() => engine.Stop(id, 9, TimeSpan.FromSeconds(20), Cancellation))),
                    2 => ("remove", Reason(() => engine.Remove(id, force: i > 4, Cancellation))),
                    _ => ("get", Reason(() => engine.Get(id))),
                });
            });
            Assert.All(outcomes, outcome => Assert.Contains(outcome.Reason, clean));
            Assert.Equal(EngineErrorReason.NotFound, Reason(() => other.Get(id)));
            Assert.Empty(fixture.Engine.List());
        }
    }

    [Fact]
    public void Of_several_starts_of_one_container_one_starts_it()
    {
        using ContainerEngine other = OpenAnother();
        string id = fixture.Engine.Create(Options("while :; do sleep 0.05; done"), Cancellation).Id;
        var pids = new ConcurrentBag<int?>();
        AtOnce(i => pids.Add((i % 2 == 0 ? fixture.Engine : other).Start(id, Cancellation).ProcessId));
        Assert.NotNull(Assert.Single(pids.Distinct()));
        fixture.Engine.Remove(id, force: true, Cancellation);
    }

    [Fact]
    public void Fifty_containers_run_are_listed_and_removed()
    {
        using ContainerEngine other = OpenAnother();
        AtOnce(i =>
        {
            for (int n = i; n < 50; n += Threads)
            {
                _ = fixture.Engine.Start(fixture.Engine.Create(Options("while :; do sleep 5; done") with { Name = $"c{n}" }, Cancellation).Id, Cancellation);
            }
        });
        IReadOnlyList<ContainerSnapshot> all = other.List();
        Assert.Equal(50, all.Count(c => c.State == ContainerState.Running));
        Assert.Equal(50, all.Select(c => c.ProcessId).Distinct().Count());
        AtOnce(i =>
        {
            foreach (ContainerSnapshot container in all.Where((_, n) => n % Threads == i))
            {
                other.Remove(container.Id, force: true, Cancellation);
            }
        });
        Assert.Empty(fixture.Engine.List());
    }

    private static EngineErrorReason? Reason(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (EngineException e)
        {
            return e.Reason;
        }
    }

    private static void AtOnce(Action<int> work)
    {
        var failures = new ConcurrentBag<Exception>();
        using var gate = new Barrier(Threads);
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(i => new Thread(() =>
        {
            gate.SignalAndWait();
            try
            {
                work(i);
            }
            catch (Exception e)
            {
                failures.Add(e);
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.True(failures.IsEmpty, string.Join('\n', failures));
    }

    private ContainerEngine OpenAnother()
    {
        _ = fixture.Engine;
        root = fixture.MakeRoot();
        return fixture.OpenAnother();
    }

    private ContainerOptions Options(string script) => new() { RootFileSystem = root, Command = ["sh", "-c", script] };
}
