namespace Containers.Engine.Health;

/// <summary>How it is found out whether a container is well, its image's part and the defaults applied.</summary>
public sealed record HealthCheck
{
    /// <summary>The program and its arguments, run in the container with its user, environment and working directory. Exit code 0 says that it is well.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Time from a check's end, or from the start, to the next check.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time that a check may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time from the start in which failures do not count as long as no check has succeeded.</summary>
    public TimeSpan StartPeriod { get; init; }

    /// <summary>The interval in the start period as long as no check has succeeded.</summary>
    public TimeSpan StartInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Failures in a row that make the container unhealthy.</summary>
    public int Retries { get; init; } = 3;

    /// <summary>What is done with a container that has become unhealthy.</summary>
    public HealthFailureAction OnFailure { get; init; }
}
