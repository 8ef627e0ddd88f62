using Containers.Engine.Namespaces;

namespace Containers.Engine.Runtime;

/// <summary>The users of a container with a user namespace of its own (user_namespaces(7)).</summary>
public sealed record UserMapping
{
    /// <summary>How many ids a container gets that is given a range of its own.</summary>
    public const uint Size = 65536;

    /// <summary>A range of ids that no other container of the engine has, found when the container is made.</summary>
    public static UserMapping Auto { get; } = new();

    /// <summary>The ids that this machine has, which have rights in the container alone.</summary>
    public static UserMapping Same { get; } = new() { Users = [new IdRange(0, 0, uint.MaxValue - 1)] };

    /// <summary>User ids; empty for <see cref="Auto"/>.</summary>
    public IReadOnlyList<IdRange> Users { get; init; } = [];

    /// <summary>Group ids; empty for the same as <see cref="Users"/>.</summary>
    public IReadOnlyList<IdRange> Groups { get; init; } = [];

    /// <summary>Whether the ids are still to be found.</summary>
    internal bool IsToBeFound => Users.Count == 0;

    /// <summary>The group ids, whatever they were given by.</summary>
    internal IReadOnlyList<IdRange> GroupsOrUsers => Groups.Count > 0 ? Groups : Users;

    /// <summary>What an id inside is outside; null where it is not mapped.</summary>
    internal static uint? Outside(IReadOnlyList<IdRange> map, uint inside) =>
        map.Where(range => inside >= range.Inside && inside - range.Inside < range.Count).Select(range => (uint?)(range.Outside + (inside - range.Inside))).FirstOrDefault();
}
