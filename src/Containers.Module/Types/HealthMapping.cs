using Containers.Engine.Health;
using Containers.Engine.Runtime;

namespace Containers;

/// <summary>Makes the module's objects of what the engine tells of containers' health.</summary>
internal static class HealthMapping
{
    /// <summary>Maps a container's health.</summary>
    /// <param name="snapshot">The container.</param>
    /// <returns>The module's; null where it is not found out.</returns>
    public static ContainerHealth? ToHealth(this ContainerSnapshot snapshot) => snapshot.Health is not { } health ? null : new ContainerHealth
    {
        Status = (ContainerHealthStatus)health.Status,
        FailingStreak = health.FailingStreak,
        Result = [.. health.Results.Select(result => result.ToHealthResult(snapshot))],
    };

    /// <summary>Maps how it is found out.</summary>
    /// <param name="check">The engine's.</param>
    /// <returns>The module's; null where it is not found out.</returns>
    public static ContainerHealthCheck? ToHealthCheck(this HealthCheck? check) => check is null ? null : new ContainerHealthCheck
    {
        Command = check.Command,
        Interval = check.Interval,
        Timeout = check.Timeout,
        StartPeriod = check.StartPeriod,
        StartInterval = check.StartInterval,
        Retries = check.Retries,
        OnFailure = (ContainerHealthFailureAction)check.OnFailure,
    };

    /// <summary>Maps a result.</summary>
    /// <param name="result">The engine's.</param>
    /// <param name="container">The container it is of.</param>
    /// <returns>The module's.</returns>
    public static ContainerHealthResult ToHealthResult(this HealthResult result, ContainerSnapshot container) => new()
    {
        ContainerName = container.Name,
        ContainerId = container.Id,
        StartedAt = result.StartedAt,
        FinishedAt = result.FinishedAt,
        ExitCode = result.ExitCode,
        Output = result.Output,
    };
}
