namespace Containers.Engine.Health;

/// <summary>What is asked of a container's health check. What is null, or empty, is the image's, else the default.</summary>
public sealed record HealthOptions
{
    /// <summary><c>CMD</c> with a program and its arguments, <c>CMD-SHELL</c> with a line for the image's shell (/bin/sh -c), or <c>NONE</c>, which takes the image's check away.</summary>
    public IReadOnlyList<string> Test { get; init; } = [];

    /// <summary>Time from a check's end, or from the start, to the next check: 1 ms to 24 days. Without it 30 s.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>Time that a check may take before it is killed and has failed: 1 ms to 24 days. Without it 30 s.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Time from the start in which failures do not count as long as no check has succeeded: 0 to 24 days. Without it 0.</summary>
    public TimeSpan? StartPeriod { get; init; }

    /// <summary>The interval in the start period as long as no check has succeeded: 1 ms to 24 days. Without it 5 s.</summary>
    public TimeSpan? StartInterval { get; init; }

    /// <summary>Failures in a row that make the container unhealthy, at least 1. Without it 3.</summary>
    public int? Retries { get; init; }

    /// <summary>What is done with a container that has become unhealthy.</summary>
    public HealthFailureAction OnFailure { get; init; }

    /// <summary>Whether anything but the test is asked for.</summary>
    public bool HasSettings =>
        (Interval ?? Timeout ?? StartPeriod ?? StartInterval) is not null || Retries is not null || OnFailure != HealthFailureAction.None;
}

/// <summary>What is done with a container that has become unhealthy.</summary>
public enum HealthFailureAction
{
    /// <summary>Nothing: its state says it.</summary>
    None,

    /// <summary>It is killed (SIGKILL).</summary>
    Kill,

    /// <summary>It is stopped and started anew.</summary>
    Restart,

    /// <summary>It is stopped.</summary>
    Stop,
}
