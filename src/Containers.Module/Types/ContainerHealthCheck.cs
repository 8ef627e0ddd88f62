namespace Containers;

/// <summary>How it is found out whether a container is well, its image's part and the defaults applied.</summary>
public sealed class ContainerHealthCheck
{
    /// <summary>The program and its arguments.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>The time from a check's end, or from the start, to the next check.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>The time that a check may take.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>The time from the start in which failures do not count as long as no check has succeeded.</summary>
    public TimeSpan StartPeriod { get; init; }

    /// <summary>The interval in the start period as long as no check has succeeded.</summary>
    public TimeSpan StartInterval { get; init; }

    /// <summary>Failures in a row that make the container unhealthy.</summary>
    public int Retries { get; init; }

    /// <summary>What is done with a container that has become unhealthy.</summary>
    public ContainerHealthFailureAction OnFailure { get; init; }

    /// <summary>The command in one line.</summary>
    /// <returns>The command.</returns>
    public override string ToString() => Formatting.Command(Command);
}
