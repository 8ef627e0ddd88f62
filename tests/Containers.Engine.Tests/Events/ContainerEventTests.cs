using System.Diagnostics;
using Containers.Engine.Events;
using Containers.Engine.Runtime;
using Containers.Engine.Tests.Runtime;

namespace Containers.Engine.Tests.Events;

/// <summary>What is recorded of real containers and images, by sessions and by monitors.</summary>
public sealed class ContainerEventTests : IDisposable
{
    private const string Forever = "while :; do sleep 0.05; done";
    private readonly EngineFixture fixture = new();

    private ContainerEngine Engine => fixture.Engine;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_container_in_the_foreground_is_created_started_dies_and_is_removed()
    {
        RunResult result = fixture.Run(new ContainerOptions
        {
            Image = "host", Name = "short", Command = ["sh", "-c", "exit 3"], Labels = new Dictionary<string, string> { ["team"] = "a \"b\"\n" },
        });

        ContainerEvent[] events = Kept();
        Assert.Equal(["create", "start", "die", "remove"], events.Select(happened => happened.Action));
        Assert.All(events, happened => Assert.Equal((result.Container.Id, "short", "host", "container"), (happened.Id, happened.Name, happened.Image, happened.Type)));
        Assert.All(events, happened => Assert.Equal("a \"b\"\n", happened.Labels["team"]));
        Assert.Equal(result.Container.StartedAt, events[1].Time);
        Assert.Equal(result.Container.FinishedAt, events[2].Time);
        Assert.Equal([KeyValuePair.Create("exitCode", "3")], events[2].Attributes);
    }

    [Fact]
    public void A_kept_container_is_stopped_started_again_killed_and_removed()
    {
        ContainerSnapshot container = Start("trap '' TERM; " + Forever);
        Engine.Stop(container.Id, signal: 9, TimeSpan.FromSeconds(10), Cancellation);
        Engine.Start(container.Id, Cancellation);
        Engine.Signal(container.Id, 9);
        Engine.Wait(container.Id, TimeSpan.FromMinutes(1), Cancellation);
        Engine.Stop(container.Id, null, TimeSpan.FromSeconds(10), Cancellation);
        Engine.Remove(container.Id, force: false, Cancellation);

        ContainerEvent[] events = Kept();
        Assert.Equal(
            ["create", "start", "kill", "die", "stop", "start", "kill", "die", "remove"],
            events.Select(happened => happened.Action));
        Assert.All(events.Where(happened => happened.Action == "die"), happened => Assert.Equal(("137", "9"), (happened.Attributes["exitCode"], happened.Attributes["signal"])));
    }

    [Fact]
    public void A_start_that_fails_is_no_start_and_no_death()
    {
        var options = new ContainerOptions { Image = "host", Command = ["/no/such/command"], RemoveOnExit = true };
        Assert.Equal(EngineErrorReason.CommandNotFound, Assert.Throws<EngineException>(() => Engine.Run(options, false, Cancellation)).Reason);
        Assert.Equal(["create", "remove"], Kept().Select(happened => happened.Action));
    }

    [Fact]
    public void A_follower_sees_what_another_session_does_and_the_end_after_that_session_has_died()
    {
        string root = fixture.MakeRoot();
        string shared = fixture.MakeFolder("shared");
        _ = Engine;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        end.CancelAfter(TimeSpan.FromMinutes(2));
        using IEnumerator<ContainerEvent> follower = Engine.ReadEvents(new EventQuery { Since = DateTimeOffset.UtcNow }, end.Token).GetEnumerator();
        using Process session = SessionToKill.Start(nameof(SessionToKill.RunLong), fixture.ConfigurationPath, root, shared);
        Assert.Equal("create", Next(follower).Action);
        Assert.Equal("start", Next(follower).Action);
        Assert.True(EngineFixture.Patiently(() => File.Exists($"{shared}/ready")));
        session.Kill();
        session.WaitForExit();

        File.WriteAllText($"{shared}/go", string.Empty);

        ContainerEvent died = Next(follower);
        Assert.Equal(("die", "0"), (died.Action, died.Attributes["exitCode"]));
        Assert.Equal("remove", Next(follower).Action);
        Assert.True(EngineFixture.Patiently(() => Engine.List().Count == 0));
    }

    [Fact]
    public void A_kill_for_memory_is_told_with_the_end_where_no_session_is()
    {
        ContainerSnapshot container = Start(
            "head -c 200000000 /dev/zero | tail >/dev/null; exit 5", o => o with { Limits = new ResourceLimits { Memory = 32 << 20 } });
        Engine.Wait(container.Id, TimeSpan.FromMinutes(1), Cancellation);

        ContainerEvent[] events = Kept();
        Assert.Equal(["create", "start", "oom", "die"], events.Select(happened => happened.Action));
        Assert.True(int.Parse(events[2].Attributes["kills"], System.Globalization.CultureInfo.InvariantCulture) > 0);
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void The_end_of_a_container_that_lost_its_monitor_is_told_once_and_without_an_exit_code()
    {
        ContainerSnapshot container = Start(Forever);
        using (var monitor = Process.GetProcessById(container.MonitorProcessId!.Value))
        {
            monitor.Kill();
        }

        Assert.True(EngineFixture.Patiently(() => Engine.Get(container.Id).Reason == StateReason.MonitorLost));
        Engine.Start(container.Id, Cancellation);
        Engine.Remove(container.Id, force: true, Cancellation);

        ContainerEvent[] events = Kept();
        Assert.Equal(["create", "start", "die", "start", "kill", "die", "remove"], events.Select(happened => happened.Action));
        Assert.Equal([KeyValuePair.Create("reason", "MonitorLost")], events[2].Attributes);
        Assert.Equal("137", events[5].Attributes["exitCode"]);
    }

    [Fact]
    public void Images_are_imported_tagged_and_removed()
    {
        Engine.Images.Make(fixture.MakeRoot(), "made:1", new Containers.Engine.Images.ImageMakingOptions { CreatedBy = "test" }, cancellation: Cancellation);
        Engine.Images.AddTag("made:1", "made:2");
        Engine.Images.Remove("made:1", force: false);
        Engine.Images.Remove("made:2", force: false);

        ContainerEvent[] events = Kept();
        Assert.Equal(["import made:1", "tag made:2", "untag made:1", "untag made:2", "remove made:2"], events.Select(happened => $"{happened.Action} {happened.Name}"));
        Assert.Single(events.Select(happened => happened.Id).Distinct());
        Assert.All(events, happened => Assert.Equal("image", happened.Type));
    }

    private static ContainerEvent Next(IEnumerator<ContainerEvent> follower)
    {
        Assert.True(follower.MoveNext());
        return follower.Current;
    }

    private ContainerEvent[] Kept() => [.. Engine.ReadEvents(new EventQuery { Until = DateTimeOffset.UtcNow }, Cancellation)];

    private ContainerSnapshot Start(string script, Func<ContainerOptions, ContainerOptions>? change = null)
    {
        var options = new ContainerOptions { Image = "host", Command = ["sh", "-c", script] };
        ContainerSnapshot made = Engine.Create(change?.Invoke(options) ?? options, Cancellation);
        return Engine.Start(made.Id, Cancellation);
    }
}
