namespace Containers.Engine.Images;

/// <summary>How an image says that it is found out whether a container is well.</summary>
public sealed record ImageHealthcheck
{
    /// <summary><c>CMD</c> with a program and its arguments, <c>CMD-SHELL</c> with a line for the shell, or <c>NONE</c>.</summary>
    public IReadOnlyList<string> Test { get; init; } = [];

    /// <summary>Time between two checks; null for the default.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>Time that one may take; null for the default.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Time from the start in which failures do not count; null for none.</summary>
    public TimeSpan? StartPeriod { get; init; }

    /// <summary>Time between two checks in the start period; null for the default.</summary>
    public TimeSpan? StartInterval { get; init; }

    /// <summary>Failures in a row after which the container is not well; null for the default.</summary>
    public int? Retries { get; init; }
}
