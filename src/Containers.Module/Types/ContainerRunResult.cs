namespace Containers;

/// <summary>What a foreground container did (<c>Invoke-Container -PassThru</c>).</summary>
public sealed class ContainerRunResult
{
    /// <summary>The exit code, 128 + signal where a signal ended it; null where it is not known.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The lines of its standard output.</summary>
    public IReadOnlyList<string> Output { get; init; } = [];

    /// <summary>The lines of its standard error.</summary>
    public IReadOnlyList<string> Error { get; init; } = [];

    /// <summary>The signal that ended it, else null.</summary>
    public Signal? Signal { get; init; }

    /// <summary>What is particular about its end.</summary>
    public ContainerStateReason Reason { get; init; }

    /// <summary>When its first process was started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When its first process ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>How long it ran; null where a time is not known.</summary>
    public TimeSpan? Duration => FinishedAt - StartedAt;

    /// <summary>The id of the container, which is gone already where it ran with <c>-Rm</c>; null of a command in namespaces alone.</summary>
    public string? ContainerId { get; init; }

    /// <summary>The name of the container; null of a command in namespaces alone.</summary>
    public string? ContainerName { get; init; }
}
