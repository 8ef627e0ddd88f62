namespace Containers;

/// <summary>Whether a container is well, as its checks since its last start have found it.</summary>
public sealed class ContainerHealth
{
    /// <summary>Whether it is well.</summary>
    public ContainerHealthStatus Status { get; init; }

    /// <summary>How many checks in a row have failed.</summary>
    public int FailingStreak { get; init; }

    /// <summary>The last five checks, oldest first.</summary>
    public IReadOnlyList<ContainerHealthResult> Result { get; init; } = [];

    /// <summary>The status.</summary>
    /// <returns>The status.</returns>
    public override string ToString() => Status.ToString();
}
