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

    /// <summary>Maps a finding.</summary>
    /// <param name="finding">The engine's.</param>
    /// <param name="isRepaired">Whether it is mended.</param>
    /// <returns>The module's.</returns>
    public static ContainerRepair ToRepair(this StorageFinding finding, bool isRepaired) => new()
    {
        Kind = (ContainerRepairKind)finding.Kind,
        Name = finding.Name.Length > 0 ? finding.Name : null,
        Id = finding.Id.Length > 0 ? finding.Id : null,
        Problem = ProblemOf(finding),
        Action = ActionOf(finding),
        IsRepaired = isRepaired,
    };

    private static string ProblemOf(StorageFinding finding) => (finding.Kind, finding.Problem) switch
    {
        (_, FindingProblem.Incomplete) => "the session that made or removed it died half way",
        (_, FindingProblem.NotRemoved) => "it was to be removed at its end (-Rm), has ended and is still there",
        (_, FindingProblem.WithoutFiles) => "its folder, with its writable layer and its log, is gone",
        (_, FindingProblem.Damaged) => "its document cannot be read",
        (_, FindingProblem.NotRunning) => $"the container does not run and has cgroups with {Processes(finding)}",
        (FindingKind.Cgroup, _) => $"cgroups with {Processes(finding)}, of a container that is not there",
        (_, FindingProblem.WithoutContainer) => "it leads to a container that is not there",
        (_, FindingProblem.Superfluous) => "a container has it besides its own name, as its renaming was cut short",
        (_, FindingProblem.Missing) => "the container of this name cannot be found by it",
        (_, FindingProblem.TakenByAnother) => "two containers have this name; it leads to the other one",
        (FindingKind.Mount, _) => "an image was mounted here by a session that died, or before the machine was started anew",
        (FindingKind.Namespace, _) => "the session that made them died half way, or the process that held them was killed",
        _ => $"interrupted work on images left {new ByteSize(finding.Size)}",
    };

    private static string ActionOf(StorageFinding finding) => (finding.Kind, finding.Problem) switch
    {
        (_, FindingProblem.Damaged) => "remove the container with all its files (only with -Force)",
        (FindingKind.Container, _) => "remove the container",
        (FindingKind.Cgroup, _) => "kill what runs in the cgroups, and remove them",
        (_, FindingProblem.Missing) => "give it its name again",
        (_, FindingProblem.TakenByAnother) => $"yours to choose: Rename-Container {Formatting.ShortId(finding.Id)} NEWNAME",
        (FindingKind.Name, _) => "give the name up",
        (FindingKind.Mount, _) => "remove the empty folders and the record",
        (FindingKind.Namespace, _) => "remove them, with what runs in their pid namespace",
        _ => "remove it",
    };

    private static string Processes(StorageFinding finding) => finding.Processes switch
    {
        0 => "no process in them",
        1 => "a process in them",
        int many => $"{many} processes in them",
    };
}
