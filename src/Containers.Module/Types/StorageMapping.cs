using Containers.Engine.Images;
using Containers.Engine.Maintenance;

namespace Containers;

/// <summary>Maps what the engine tells of images' insides and of storage.</summary>
internal static class StorageMapping
{
    /// <summary>Maps a step of an image's history.</summary>
    /// <param name="entry">The engine's.</param>
    /// <param name="image">The image's name.</param>
    /// <returns>The module's.</returns>
    public static ContainerImageHistory ToHistory(this ImageHistoryEntry entry, string image) => new()
    {
        Image = image,
        CreatedAt = entry.CreatedAt,
        CreatedBy = entry.CreatedBy,
        Author = entry.Author,
        Comment = entry.Comment,
        Layer = entry.Layer,
        Size = entry.Size,
    };

    /// <summary>Maps a layer.</summary>
    /// <param name="layer">The engine's.</param>
    /// <returns>The module's.</returns>
    public static ContainerLayer ToLayer(this LayerInfo layer) => new()
    {
        Id = layer.ChainId,
        DiffId = layer.DiffId,
        Parent = layer.Parent,
        Size = layer.Size,
        Entries = layer.Entries,
        Blob = layer.Blob,
        BlobSize = layer.BlobSize,
        Folder = layer.Folder,
        Image = layer.Images,
        Container = layer.Containers,
    };

    /// <summary>Maps a check.</summary>
    /// <param name="check">The engine's.</param>
    /// <returns>The module's.</returns>
    public static ContainerImageCheck ToCheck(this ImageCheck check) => new()
    {
        Image = check.Image.Name ?? check.Image.Id,
        Id = check.Image.Id,
        Problem = [.. check.Problems.Select(static problem => $"{problem.Subject}: {problem.Text}")],
        Blobs = check.Blobs,
        Size = check.Bytes,
    };

    /// <summary>Maps a mount.</summary>
    /// <param name="mount">The engine's.</param>
    /// <returns>The module's.</returns>
    public static ContainerImageMount ToMount(this ImageMount mount) => new() { Id = mount.Id, Image = mount.ImageName, ImageId = mount.ImageId, Path = mount.Path };

    /// <summary>Maps a usage.</summary>
    /// <param name="usage">The engine's.</param>
    /// <returns>The module's.</returns>
    public static ContainerStorageUsage ToUsage(this StorageUsage usage) => new()
    {
        Kind = (ContainerStorageKind)usage.Kind,
        Count = usage.Count,
        InUse = usage.InUse,
        Size = usage.Size,
        Reclaimable = usage.Reclaimable,
    };

    /// <summary>Maps a cleared item.</summary>
    /// <param name="item">The engine's.</param>
    /// <returns>The module's.</returns>
    public static ContainerStorageItem ToItem(this ClearableItem item) => new()
    {
        Kind = (ContainerStorageKind)item.Kind,
        Name = item.Name,
        Id = item.Id.Length > 0 ? item.Id : null,
        Size = item.Size,
    };
}
