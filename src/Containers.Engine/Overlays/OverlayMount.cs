using Containers.Interop;

namespace Containers.Engine.Overlays;

/// <summary>An overlay that is mounted. A detached one is there as long as this object is not disposed.</summary>
public sealed class OverlayMount : IDisposable
{
    private readonly FileDescriptor? root;

    internal OverlayMount(FileDescriptor? root = null) => this.root = root;

    /// <summary>Where its files are. Of a detached one <c>/proc/PID/fd/N</c>, which other processes of the machine can use too.</summary>
    public required string Path { get; init; }

    /// <summary>The folder of the overlay that is seen there: <c>/</c>, or another one of a bind mount.</summary>
    public string RootFolder { get; init; } = "/";

    /// <summary>The folders that are only read, topmost first, as the kernel calls them.</summary>
    public required IReadOnlyList<string> Lower { get; init; }

    /// <summary>Folders below all those, that only the content of files comes from (data-only layers); topmost first.</summary>
    public IReadOnlyList<string> DataOnly { get; init; } = [];

    /// <summary>The folder that what is written goes to; null where it is only read.</summary>
    public string? Upper { get; init; }

    /// <summary>The kernel's own folder beside it.</summary>
    public string? Work { get; init; }

    /// <summary>The other options, as the kernel tells them; of a detached one as they were asked.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>The mount's number in its mount namespace (proc_pid_mountinfo(5)).</summary>
    public required int MountId { get; init; }

    /// <summary>The file system's device: <c>0:57</c>.</summary>
    public required string Device { get; init; }

    /// <summary>Whether nothing can be written.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Whether it is in no mount namespace, and only a descriptor of this session leads to it.</summary>
    public bool IsDetached => root is not null;

    /// <summary>The name of the image of which the engine mounted it for looking; or null.</summary>
    public string? Image { get; internal set; }

    /// <summary>What that mount is called; or null.</summary>
    public string? ImageMountId { get; internal set; }

    /// <summary>The id of the container in whose mount namespace it is; null for this session's.</summary>
    public string? ContainerId { get; internal set; }

    /// <summary>Whether a detached one is gone.</summary>
    public bool IsClosed => root is { IsClosed: true };

    /// <summary>All folders, topmost first: the writable one, the read ones.</summary>
    internal IReadOnlyList<string> Layers => Upper is null ? Lower : [Upper, .. Lower];

    /// <summary>Whether overlayfs keeps its notes in <c>user.overlay.</c> attributes.</summary>
    internal bool UsesUserAttributes => Options.Contains("userxattr");

    /// <summary>A detached one's root.</summary>
    internal FileDescriptor? Root => root;

    /// <summary>Lets a detached one go; any other stays.</summary>
    public void Dispose() => root?.Dispose();
}
