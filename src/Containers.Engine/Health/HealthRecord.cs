using Containers.Engine.Runtime;

namespace Containers.Engine.Health;

/// <summary><c>health.json</c>, beside a container's other records: what the checks of one of its lives have found.</summary>
/// <param name="Pid">The first process of that life.</param>
/// <param name="PidStart">Its start time (proc_pid_stat(5), field 22).</param>
/// <param name="Status">Whether the container is well.</param>
/// <param name="FailingStreak">How many checks in a row have failed.</param>
/// <param name="Results">The last checks.</param>
internal sealed record HealthRecord(int Pid, long PidStart, HealthStatus Status, int FailingStreak, IReadOnlyList<HealthResult> Results)
{
    /// <summary>The record of a life that was not checked yet.</summary>
    public static HealthRecord Of(RunningRecord life) => new(life.Pid, life.PidStart, HealthStatus.Starting, 0, []);

    /// <summary>Whether it tells of that life; a check that a start overtook may have left that of the one before.</summary>
    public bool IsOf(RunningRecord life) => Pid == life.Pid && PidStart == life.PidStart;

    /// <summary>The same for the engine's callers.</summary>
    public ContainerHealth ToHealth() => new(Status, FailingStreak, Results);

    /// <summary>The record with one more result, by Docker's rules.</summary>
    /// <param name="check">The container's check.</param>
    /// <param name="age">How long the life had lasted when the check began.</param>
    /// <param name="result">The result.</param>
    /// <returns>The new record.</returns>
    public HealthRecord With(HealthCheck check, TimeSpan age, HealthResult result)
    {
        bool counts = result.IsSuccess || Status != HealthStatus.Starting || age >= check.StartPeriod;
        int streak = result.IsSuccess ? 0 : FailingStreak + (counts ? 1 : 0);
        return this with
        {
            Status = result.IsSuccess ? HealthStatus.Healthy : streak >= check.Retries ? HealthStatus.Unhealthy : Status,
            FailingStreak = streak,
            Results = [.. Results.TakeLast(ContainerHealth.MostResults - 1), result],
        };
    }
}
