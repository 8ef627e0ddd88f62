using Containers.Engine.Namespaces;
using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Engine.Layers;

/// <summary>Owners of files as a running container with a user namespace of its own numbers them, and as this machine does.</summary>
/// <param name="users">User ids.</param>
/// <param name="groups">Group ids.</param>
internal sealed class OwnerTranslation(IReadOnlyList<IdRange> users, IReadOnlyList<IdRange> groups)
{
    /// <summary>What a user namespace shows for ids that it does not know (/proc/sys/kernel/overflowuid).</summary>
    private const uint Nobody = 65534;

    /// <summary>The owner inside.</summary>
    public (uint Uid, uint Gid) Inside(uint uid, uint gid) => (Inside(users, uid), Inside(groups, gid));

    /// <summary>The owner outside.</summary>
    /// <exception cref="EngineException">InvalidArgument: the container has no such user or group.</exception>
    public (uint Uid, uint Gid) Outside(uint uid, uint gid, ReadOnlySpan<byte> name) => (Outside("user", users, uid, name), Outside("group", groups, gid, name));

    /// <summary>Has the calling thread make files as the container's root.</summary>
    /// <returns>The way back.</returns>
    public ThreadOwner Act() => new(Outside("user", users, 0, []), Outside("group", groups, 0, []));

    private static uint Inside(IReadOnlyList<IdRange> map, uint id) =>
        map.Where(range => id >= range.Outside && id - range.Outside < range.Count).Select(range => range.Inside + (id - range.Outside)).FirstOrDefault(Nobody);

    private static uint Outside(string what, IReadOnlyList<IdRange> map, uint id, ReadOnlySpan<byte> name) => UserMapping.Outside(map, id) ?? throw new EngineException(
        EngineErrorReason.InvalidArgument, EntryName.Show(name), $"The {what} {id}, whose '{EntryName.Show(name)}' is, is none of the container's user namespace.");
}
