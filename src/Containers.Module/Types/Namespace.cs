using System.Management.Automation;

namespace Containers;

/// <summary>A namespace of this machine as it was at one moment. Two objects of the same namespace are equal.</summary>
public sealed class Namespace : IEquatable<Namespace>
{
    /// <summary>Its kind.</summary>
    public NamespaceType Type { get; init; }

    /// <summary>Its number, as /proc/PID/ns shows it. The kernel gives it to another one once this one is gone.</summary>
    public ulong Id { get; init; }

    /// <summary>Of a pid or user namespace, its parent's number; null where it has none, or one that this session does not see.</summary>
    public ulong? ParentId { get; init; }

    /// <summary>The number of the user namespace that owns it; null where this session does not see that.</summary>
    public ulong? OwnerId { get; init; }

    /// <summary>Of a user namespace, the uid of who made it.</summary>
    public uint? OwnerUserId { get; init; }

    /// <summary>The pids of the processes in it, ascending.</summary>
    public IReadOnlyList<int> ProcessIds { get; init; } = [];

    /// <summary>The command line of the first of them; null where it has none.</summary>
    public string? Command { get; init; }

    /// <summary>Where it is mounted, which keeps it without processes.</summary>
    public IReadOnlyList<string> Pins { get; init; } = [];

    /// <summary>The name that New-Namespace pinned it by; null for others.</summary>
    public string? Name { get; init; }

    /// <summary>The id of the container that it belongs to; null for none.</summary>
    public string? ContainerId { get; init; }

    /// <summary>The name of the container that it belongs to; null for none.</summary>
    public string? ContainerName { get; init; }

    /// <summary>Whether this session is in it.</summary>
    public bool IsCurrent { get; init; }

    /// <summary>A file by which it can be opened; null where only its descendants lead to it.</summary>
    public string? Path { get; init; }

    /// <summary>With Get-Namespace -Tree, how many of its ancestors are above it; else 0.</summary>
    public int Depth { get; init; }

    /// <summary>Whether both are the same namespace.</summary>
    /// <param name="other">The other.</param>
    /// <returns>Whether they are.</returns>
    public bool Equals(Namespace? other) => other is not null && other.Type == Type && other.Id == Id;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals((obj is PSObject wrapped ? wrapped.BaseObject : obj) as Namespace);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Type, Id);

    /// <summary>As the kernel writes it: <c>net:[4026531840]</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{NamespaceMapping.KernelNames[(int)Type]}:[{Id}]";
}
