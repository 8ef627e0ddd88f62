namespace Containers;

/// <summary>Whether a container is well, as its checks since its last start have found it. Compared with a text, it is its status: <c>Where-Object Health -eq Unhealthy</c>.</summary>
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

    /// <summary>Whether it is the same object, or its status is that of the text, of whatever case, or that status.</summary>
    /// <param name="obj">An object.</param>
    /// <returns>Whether it is.</returns>
    public override bool Equals(object? obj) =>
        ReferenceEquals(this, obj) || (obj is ContainerHealthStatus status && status == Status) || (obj is string text && text.Equals(ToString(), StringComparison.OrdinalIgnoreCase));

    /// <summary>The status's.</summary>
    /// <returns>A hash code.</returns>
    public override int GetHashCode() => Status.GetHashCode();
}
