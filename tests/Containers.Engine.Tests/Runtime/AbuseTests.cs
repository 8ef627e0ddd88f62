using System.Collections.Concurrent;
using Containers.Abuse;

namespace Containers.Engine.Tests.Runtime;

/// <summary>
/// Kills at random moments, and many sessions at once: what <c>bench/Containers.Bench --kills</c> and <c>--hammer</c> do for longer. The seed is another one each
/// time and told where something is found.
/// </summary>
[Trait("Area", "Runtime")]
public sealed class AbuseTests
{
    private static readonly string Above = Environment.GetEnvironmentVariable("CGROUP2_VM_SCRATCH") is { Length: > 0 } scratch ? scratch : "/var/tmp";
    private readonly ConcurrentQueue<string> found = new();
    private readonly int seed = Environment.TickCount & int.MaxValue;

    [Fact]
    public void A_hundred_kills_at_random_leave_containers_that_are_shown_as_they_are_and_can_be_used() => KillAtRandom(100);

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Twenty_kills_at_random_leave_containers_that_are_shown_as_they_are_and_can_be_used() => KillAtRandom(20);

    [Fact]
    public void Twenty_sessions_do_everything_with_the_same_containers_at_once()
    {
        Assert.SkipWhen(AbuseRoots.Missing is not null, AbuseRoots.Missing ?? string.Empty);
        using var roots = new AbuseRoots(Above);
        var hammering = new Hammering(roots, seed, found.Enqueue);
        hammering.Run(sessions: 20, TimeSpan.FromSeconds(3));
        RequireNothingFound();
        Assert.True(hammering.Done > 20, $"only {hammering.Done} operations done");
    }

    private void KillAtRandom(int rounds)
    {
        Assert.SkipWhen(AbuseRoots.Missing is not null, AbuseRoots.Missing ?? string.Empty);
        using var roots = new AbuseRoots(Above);
        using var kills = new KillRounds(roots, seed, found.Enqueue);
        kills.Run(rounds, TestContext.Current.CancellationToken);
        RequireNothingFound();
        string[] atLeast = rounds < 100 ? ["session"] : ["finish", "monitor", "session"];
        Assert.Empty(atLeast.Except(kills.Kills.Keys));
    }

    private void RequireNothingFound() => Assert.True(found.IsEmpty, $"seed {seed}\n{string.Join('\n', found)}");
}
