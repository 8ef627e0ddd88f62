using System.Collections.Concurrent;
using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Suspending, resuming, restarting, renaming and signalling containers that are there.</summary>
public sealed class ChangeTests : IDisposable
{
    private const string Counting = "i=0; while true; do i=$((i+1)); echo $i >/tmp/count; done";

    private readonly EngineFixture fixture = new();
    private string? root;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        fixture.RemoveContainers();
        fixture.Dispose();
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_suspended_container_stands_still_and_goes_on()
    {
        string id = Started($"({Counting}) & {Counting}");
        Assert.True(EngineFixture.Patiently(() => File.Exists($"{root}/tmp/count")));
        Assert.True(fixture.Engine.Suspend(id, Cancellation).IsPaused);
        using (ContainerEngine other = fixture.OpenAnother())
        {
            Assert.Equal((ContainerState.Running, true), (other.Get(id).State, other.Get(id).IsPaused));
        }

        string at = Count();
        Thread.Sleep(300);
        Assert.Equal(at, Count());
        Assert.False(fixture.Engine.Resume(id, Cancellation).IsPaused);
        Assert.True(EngineFixture.Patiently(() => Count() != at));
    }

    [Fact]
    public void What_is_not_running_or_already_so_is_refused()
    {
        string id = Started("sleep 1000");
        Assert.Equal(EngineErrorReason.Busy, Reason(() => fixture.Engine.Resume(id, Cancellation)));
        fixture.Engine.Suspend(id, Cancellation);
        Assert.Equal(EngineErrorReason.Busy, Reason(() => fixture.Engine.Suspend(id, Cancellation)));
        fixture.Engine.Stop(id, 9, TimeSpan.Zero, Cancellation);
        Assert.Equal(EngineErrorReason.NotRunning, Reason(() => fixture.Engine.Suspend(id, Cancellation)));
        Assert.Equal(EngineErrorReason.NotFound, Reason(() => fixture.Engine.Suspend(new string('0', 64), Cancellation)));
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_suspended_container_can_be_stopped_killed_and_removed()
    {
        string asked = Suspended("trap 'exit 7' TERM; echo >/tmp/ready; while true; do sleep 0.05; done");
        Assert.Equal(7, fixture.Engine.Stop(asked, null, TimeSpan.FromSeconds(20), Cancellation).ExitCode);
        string killed = Suspended("echo >/tmp/ready; sleep 1000");
        fixture.Engine.Signal(killed, 9);
        Assert.Equal(137, fixture.Engine.Wait(killed, TimeSpan.FromSeconds(20), Cancellation).ExitCode);
        string removed = Suspended("echo >/tmp/ready; sleep 1000");
        fixture.Engine.Remove(removed, force: true, Cancellation);
        Assert.DoesNotContain(fixture.Engine.List(), container => container.Id == removed);
    }

    [Fact]
    public void A_restart_begins_a_new_life_with_the_old_files()
    {
        string id = Started("echo life >>/tmp/lives; trap 'exit 0' TERM; while true; do sleep 0.05; done");
        Assert.True(EngineFixture.Patiently(() => File.Exists($"{root}/tmp/lives")));
        int first = fixture.Engine.Get(id).ProcessId!.Value;
        ContainerSnapshot again = fixture.Engine.Restart(id, null, TimeSpan.FromSeconds(20), Cancellation);
        Assert.Equal(ContainerState.Running, again.State);
        Assert.NotEqual(first, again.ProcessId);
        Assert.True(EngineFixture.Patiently(() => File.ReadAllText($"{root}/tmp/lives") == "life\nlife\n"));
        fixture.Engine.Stop(id, 9, TimeSpan.Zero, Cancellation);
        Assert.Equal(ContainerState.Running, fixture.Engine.Restart(id, null, null, Cancellation).State);
    }

    [Fact]
    public void One_that_goes_at_its_end_is_not_restarted()
    {
        using ForegroundProcess container = fixture.Engine.Run(Options("sleep 1000") with { RemoveOnExit = true }, withInput: false, Cancellation);
        Assert.Equal(EngineErrorReason.Busy, Reason(() => fixture.Engine.Restart(container.Container!.Id, null, null, Cancellation)));
        Assert.Equal(ContainerState.Running, fixture.Engine.Get(container.Container!.Id).State);
        container.Signal(9);
        _ = container.WaitForExit(Cancellation);
    }

    [Fact]
    public void A_renamed_container_is_found_by_its_new_name_alone()
    {
        string id = Started("sleep 1000");
        string old = fixture.Engine.Get(id).Name;
        Assert.Equal("another", fixture.Engine.Rename(id, "another", Cancellation).Name);
        Assert.Equal(id, fixture.Engine.Get("another").Id);
        Assert.Equal(EngineErrorReason.NotFound, Reason(() => fixture.Engine.Get(old)));
        string second = fixture.Engine.Create(Options("true") with { Name = old }, Cancellation).Id;
        Assert.Equal(EngineErrorReason.AlreadyExists, Reason(() => fixture.Engine.Rename(second, "another", Cancellation)));
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(() => fixture.Engine.Rename(second, "not/a name", Cancellation)));
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(() => fixture.Engine.Rename(second, old, Cancellation)));
        Assert.Equal(second, fixture.Engine.Get(old).Id);
        fixture.Engine.Stop(id, 9, TimeSpan.Zero, Cancellation);
        Assert.Equal("another", fixture.Engine.Start(id, Cancellation).Name);
    }

    [Fact]
    public void A_rename_that_was_cut_short_is_made_whole_by_the_next()
    {
        string id = fixture.Engine.Create(Options("true") with { Name = "before" }, Cancellation).Id;
        File.CreateSymbolicLink($"{fixture.StateRoot}/names/after", id);
        Assert.Equal("after", fixture.Engine.Rename(id, "after", Cancellation).Name);
        Assert.Equal(EngineErrorReason.NotFound, Reason(() => fixture.Engine.Get("before")));
        File.CreateSymbolicLink($"{fixture.StateRoot}/names/before", id);
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(() => fixture.Engine.Rename(id, "after", Cancellation)));
        Assert.Equal(EngineErrorReason.NotFound, Reason(() => fixture.Engine.Get("before")));
        Assert.Equal(id, fixture.Engine.Get("after").Id);
    }

    [Fact]
    public void Of_several_that_want_a_name_one_gets_it()
    {
        string[] ids = [.. Enumerable.Range(0, 8).Select(_ => fixture.Engine.Create(Options("true"), Cancellation).Id)];
        var outcomes = new ConcurrentBag<EngineErrorReason?>();
        Parallel.ForEach(ids, id => outcomes.Add(ReasonOrNone(() => fixture.Engine.Rename(id, "wanted", Cancellation))));
        Assert.Single(outcomes, outcome => outcome is null);
        Assert.All(outcomes.Where(outcome => outcome is not null), outcome => Assert.Equal(EngineErrorReason.AlreadyExists, outcome));
        Assert.Single(fixture.Engine.List(), container => container.Name == "wanted");
    }

    [Fact]
    public void A_storm_of_changes_leaves_a_container_that_tells_the_truth()
    {
        string id = Started("while true; do sleep 0.05; done");
        var unexpected = new ConcurrentBag<EngineException>();
        Parallel.For(0, 10, new ParallelOptions { MaxDegreeOfParallelism = 10 }, worker =>
        {
            using ContainerEngine session = fixture.OpenAnother();
            for (int turn = 0; turn < 6; turn++)
            {
                try
                {
                    Act(session, id, (worker + turn) % 6, $"storm-{worker}-{turn}");
                }
                catch (EngineException e) when (e.Reason is EngineErrorReason.Busy or EngineErrorReason.NotRunning && !e.Message.Contains("has not said how", StringComparison.Ordinal))
                {
                    // Another one was before it.
                }
                catch (EngineException e)
                {
                    unexpected.Add(e);
                }
            }
        });
        Assert.Empty(unexpected);
        ContainerSnapshot end = fixture.Engine.Get(id);
        Assert.Equal(id, fixture.Engine.Get(end.Name).Id);
        Assert.Equal(end.State == ContainerState.Running, end.ProcessId is { } pid && Directory.Exists($"/proc/{pid}"));
        fixture.Engine.Remove(id, force: true, Cancellation);
        Assert.True(EngineFixture.Patiently(() => fixture.Leftovers().Length == 0), string.Join("; ", fixture.Leftovers()));
    }

    private static void Act(ContainerEngine session, string id, int what, string name)
    {
        switch (what)
        {
            case 0:
                session.Suspend(id, Cancellation);
                break;
            case 1:
                session.Resume(id, Cancellation);
                break;
            case 2:
                session.Restart(id, 9, TimeSpan.Zero, Cancellation);
                break;
            case 3:
                session.Rename(id, name, Cancellation);
                break;
            case 4:
                session.Stop(id, 9, TimeSpan.Zero, Cancellation);
                break;
            default:
                session.Start(id, Cancellation);
                break;
        }
    }

    private ContainerOptions Options(string script) => new() { RootFileSystem = root ??= fixture.MakeRoot(), Command = ["sh", "-c", script] };

    private string Started(string script) => fixture.Engine.Start(fixture.Engine.Create(Options(script), Cancellation).Id, Cancellation).Id;

    private string Suspended(string script)
    {
        string ready = $"{root ??= fixture.MakeRoot()}/tmp/ready";
        File.Delete(ready);
        string id = Started(script);
        Assert.True(EngineFixture.Patiently(() => File.Exists(ready)));
        fixture.Engine.Suspend(id, Cancellation);
        return id;
    }

    private string Count() => File.ReadAllText($"{root}/tmp/count");

    private static EngineErrorReason Reason(Action action) => Assert.Throws<EngineException>(action).Reason;

    private static EngineErrorReason? ReasonOrNone(Action action)
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
}
