using Containers.Engine.Health;
using Containers.Engine.Runtime;
using Containers.Engine.Tests.Images;

namespace Containers.Engine.Tests.Health;

/// <summary>What check a container gets of its image and of what is asked.</summary>
public sealed class HealthOptionTests : IDisposable
{
    private readonly EngineFixture fixture = new();

    private ContainerEngine Engine => fixture.Engine;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public void An_images_check_is_taken_and_each_part_of_it_can_be_replaced()
    {
        _ = ConfiguredImage.TakeIn(
            fixture, "checked",
            """{"Cmd":["true"],"Shell":["/bin/busybox","sh","-c"],"Healthcheck":{"Test":["CMD-SHELL","exit 0"],"Interval":2000000000,"Timeout":3000000000,"StartPeriod":4000000000,"StartInterval":5000000000,"Retries":6}}""");
        HealthCheck plain = Made("checked", null)!;
        Assert.Equal(["/bin/busybox", "sh", "-c", "exit 0"], plain.Command);
        Assert.Equal((2, 3, 4, 5, 6), Numbers(plain));
        Assert.Equal(HealthFailureAction.None, plain.OnFailure);

        HealthCheck changed = Made("checked", new HealthOptions { Interval = TimeSpan.FromSeconds(20), Retries = 60, OnFailure = HealthFailureAction.Kill })!;
        Assert.Equal(plain.Command, changed.Command);
        Assert.Equal((20, 3, 4, 5, 60), Numbers(changed));
        Assert.Equal(HealthFailureAction.Kill, changed.OnFailure);

        HealthCheck other = Made("checked", new HealthOptions { Test = ["CMD", "/bin/true", "x"], Timeout = TimeSpan.FromSeconds(30) })!;
        Assert.Equal(["/bin/true", "x"], other.Command);
        Assert.Equal((2, 30, 4, 5, 6), Numbers(other));

        Assert.Null(Made("checked", new HealthOptions { Test = ["NONE"] }));
    }

    [Fact]
    public void Without_a_check_there_is_none_and_one_of_ones_own_has_dockers_defaults()
    {
        _ = ConfiguredImage.TakeIn(fixture, "none", """{"Cmd":["true"],"Healthcheck":{"Test":["NONE"]}}""");
        Assert.Null(Made("none", null));
        HealthCheck own = Made("none", new HealthOptions { Test = ["CMD-SHELL", "true"] })!;
        Assert.Equal(["/bin/sh", "-c", "true"], own.Command);
        Assert.Equal((30, 30, 0, 5, 3), Numbers(own));
        Assert.Contains("-HealthCommand", Refused("none", new HealthOptions { Retries = 2 }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""["CMD"]""", 1L)]
    [InlineData("""["CMD",""]""", 1L)]
    [InlineData("""["CMD-SHELL"]""", 1L)]
    [InlineData("""["NONE","x"]""", 1L)]
    [InlineData("""["TCP","80"]""", 1L)]
    [InlineData("""["CMD","x"]""", 9_000_000_000_000_000_000L)]
    [InlineData("""["CMD","x"]""", 100L)]
    public void An_image_with_a_check_that_is_none_is_refused(string test, long interval)
    {
        _ = ConfiguredImage.TakeIn(fixture, "odd", $$$"""{"Cmd":["true"],"Healthcheck":{"Test":{{{test}}},"Interval":{{{interval}}}}}""");
        Assert.Contains("health check", Refused("odd", null), StringComparison.Ordinal);
        Assert.Null(Made("odd", new HealthOptions { Test = ["NONE"] }));
    }

    [Fact]
    public void What_cannot_work_is_refused()
    {
        string[] command = ["CMD", "true"];
        Assert.Contains("empty", Refused("host", new HealthOptions { Test = ["CMD-SHELL", string.Empty] }), StringComparison.Ordinal);
        Assert.Contains("none", Refused("host", new HealthOptions { Test = ["NONE"], Retries = 1 }), StringComparison.Ordinal);
        Assert.Contains("interval", Refused("host", new HealthOptions { Test = command, Interval = TimeSpan.Zero }), StringComparison.Ordinal);
        Assert.Contains("timeout", Refused("host", new HealthOptions { Test = command, Timeout = TimeSpan.FromDays(25) }), StringComparison.Ordinal);
        Assert.Contains("start period", Refused("host", new HealthOptions { Test = command, StartPeriod = TimeSpan.FromSeconds(-1) }), StringComparison.Ordinal);
        Assert.Contains("start interval", Refused("host", new HealthOptions { Test = command, StartInterval = TimeSpan.Zero }), StringComparison.Ordinal);
        Assert.Contains("at least 1", Refused("host", new HealthOptions { Test = command, Retries = 0 }), StringComparison.Ordinal);
        Assert.Contains("-Rm", Refused("host", new HealthOptions { Test = command, OnFailure = HealthFailureAction.Restart }, o => o with { RemoveOnExit = true }), StringComparison.Ordinal);
    }

    private static (int Interval, int Timeout, int StartPeriod, int StartInterval, int Retries) Numbers(HealthCheck check) =>
        ((int)check.Interval.TotalSeconds, (int)check.Timeout.TotalSeconds, (int)check.StartPeriod.TotalSeconds, (int)check.StartInterval.TotalSeconds, check.Retries);

    private HealthCheck? Made(string image, HealthOptions? health)
    {
        ContainerSnapshot made = Engine.Create(new ContainerOptions { Image = image, Command = ["true"], Health = health }, Cancellation);
        Assert.Equal(made.HealthCheck is null, made.Health is null);
        Assert.True(made.Health is null or { Status: HealthStatus.None, FailingStreak: 0, Results: [] });
        Engine.Remove(made.Id, force: false, Cancellation);
        return made.HealthCheck;
    }

    private string Refused(string image, HealthOptions? health, Func<ContainerOptions, ContainerOptions>? change = null)
    {
        var options = new ContainerOptions { Image = image, Command = ["true"], Health = health };
        return Assert.Throws<EngineException>(() => Engine.Create(change?.Invoke(options) ?? options, Cancellation)).Message;
    }
}
