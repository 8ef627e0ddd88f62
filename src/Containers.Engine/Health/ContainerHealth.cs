namespace Containers.Engine.Health;

/// <summary>Whether a container is well.</summary>
public enum HealthStatus
{
    /// <summary>It does not run, so that it is neither: the results are those of its last life.</summary>
    None,

    /// <summary>Not known yet: no check has succeeded, and not enough have failed.</summary>
    Starting,

    /// <summary>The last checks have succeeded, or too few of them have failed.</summary>
    Healthy,

    /// <summary>As many checks in a row have failed as are allowed.</summary>
    Unhealthy,
}

/// <summary>A container's health, as its checks since its last start have found it.</summary>
/// <param name="Status">Whether it is well.</param>
/// <param name="FailingStreak">How many checks in a row have failed; those that do not count in the start period left out.</param>
/// <param name="Results">The last checks, oldest first; at most <see cref="MostResults"/>.</param>
public sealed record ContainerHealth(HealthStatus Status, int FailingStreak, IReadOnlyList<HealthResult> Results)
{
    /// <summary>The same of a container that does not run (any more): what was found is past.</summary>
    internal ContainerHealth Past => this with { Status = HealthStatus.None };

    /// <summary>How many results are kept.</summary>
    public const int MostResults = 5;
}

/// <summary>What a check has found.</summary>
/// <param name="StartedAt">When it began.</param>
/// <param name="FinishedAt">When it ended.</param>
/// <param name="ExitCode">The command's exit code, 128 + signal where a signal ended it; -1 where it could not be run or took too long.</param>
/// <param name="Output">The first 4096 bytes of what it wrote, standard output and error together, as text; of a check that could not be run or took too long also why.</param>
public sealed record HealthResult(DateTimeOffset StartedAt, DateTimeOffset FinishedAt, int ExitCode, string Output)
{
    /// <summary>Whether the container was well.</summary>
    public bool IsSuccess => ExitCode == 0;
}

/// <summary>A check that was made and recorded.</summary>
/// <param name="Result">What it has found.</param>
/// <param name="Health">The container's health with it.</param>
public sealed record HealthReport(HealthResult Result, ContainerHealth Health);
