using Containers.Engine.Namespaces;

namespace Containers;

/// <summary>Makes the module's objects of the engine's namespaces.</summary>
internal static class NamespaceMapping
{
    /// <summary>What the kernel calls the kinds, in their order.</summary>
    public static readonly IReadOnlyList<string> KernelNames = ["mnt", "pid", "net", "uts", "ipc", "cgroup", "user", "time"];

    /// <summary>Maps a namespace.</summary>
    /// <param name="info">The engine's.</param>
    /// <param name="depth">How deep it lies in a tree.</param>
    /// <returns>The module's.</returns>
    public static Namespace ToNamespace(this NamespaceInfo info, int depth = 0) => new()
    {
        Type = (NamespaceType)info.Type,
        Id = info.Id,
        ParentId = info.ParentId,
        OwnerId = info.OwnerId,
        OwnerUserId = info.OwnerUserId,
        ProcessIds = info.ProcessIds,
        Command = info.Command,
        Pins = info.Pins,
        Name = info.Name,
        ContainerId = info.ContainerId,
        ContainerName = info.ContainerName,
        IsCurrent = info.IsCurrent,
        Path = info.Path,
        Depth = depth,
    };

    /// <summary>Maps kinds.</summary>
    /// <param name="types">The module's; null for none.</param>
    /// <returns>The engine's.</returns>
    public static IReadOnlyCollection<Engine.Namespaces.NamespaceType> ToEngine(this NamespaceType[]? types) => [.. (types ?? []).Distinct().Select(static type => (Engine.Namespaces.NamespaceType)type)];
}
