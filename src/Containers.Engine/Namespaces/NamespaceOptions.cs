namespace Containers.Engine.Namespaces;

/// <summary>What is asked of new namespaces that are made together and pinned under one name.</summary>
public sealed record NamespaceOptions
{
    /// <summary>The name: as a container's, letters, digits, <c>_</c>, <c>.</c> and <c>-</c>; null for twelve random hexadecimal digits.</summary>
    public string? Name { get; init; }

    /// <summary>The kinds, at least one.</summary>
    public required IReadOnlyList<NamespaceType> Types { get; init; }

    /// <summary>User ids of a user namespace; empty for root inside as this process's user.</summary>
    public IReadOnlyList<IdRange> UserMap { get; init; } = [];

    /// <summary>Group ids of a user namespace; empty for <see cref="UserMap"/>'s ranges, or for root inside as this process's group.</summary>
    public IReadOnlyList<IdRange> GroupMap { get; init; } = [];

    /// <summary>What a time namespace's CLOCK_MONOTONIC is ahead of the machine's.</summary>
    public TimeSpan MonotonicOffset { get; init; }

    /// <summary>What a time namespace's CLOCK_BOOTTIME is ahead of the machine's.</summary>
    public TimeSpan BootTimeOffset { get; init; }

    /// <summary>The host name of a UTS namespace; null for the machine's at this moment.</summary>
    public string? HostName { get; init; }
}

/// <summary>A range of ids of a user namespace and what they are outside of it (user_namespaces(7)).</summary>
/// <param name="Inside">The first id inside.</param>
/// <param name="Outside">The first id outside.</param>
/// <param name="Count">How many ids follow each other, at least 1.</param>
public readonly record struct IdRange(uint Inside, uint Outside, uint Count)
{
    /// <summary>The line of /proc/PID/uid_map.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Inside} {Outside} {Count}";
}
