using Containers.Engine.Overlays;

namespace Containers;

/// <summary>An overlay that is mounted. A detached one is there as long as somebody holds this object and has not disposed of it.</summary>
public sealed class Overlay : IDisposable
{
    private readonly OverlayMount mount;

    internal Overlay(OverlayMount mount) => this.mount = mount;

    /// <summary>Where its files are; of one in a container, the path there. Of a detached one a path below /proc that other programs can use too.</summary>
    public string Path => mount.Path;

    /// <summary>The folders that are only read, topmost first.</summary>
    public IReadOnlyList<string> Lower => mount.Lower;

    /// <summary>Folders below those that only the content of files comes from (data-only layers), topmost first.</summary>
    public IReadOnlyList<string> DataOnly => mount.DataOnly;

    /// <summary>The folder that what is written goes to; null where it is only read.</summary>
    public string? Upper => mount.Upper;

    /// <summary>The kernel's own folder beside it.</summary>
    public string? Work => mount.Work;

    /// <summary>The other options, as the kernel tells them.</summary>
    public IReadOnlyList<string> Option => mount.Options;

    /// <summary>Whether nothing can be written.</summary>
    public bool ReadOnly => mount.IsReadOnly;

    /// <summary>The mount's number (proc_pid_mountinfo(5)).</summary>
    public int MountId => mount.MountId;

    /// <summary>The file system's device: <c>0:57</c>.</summary>
    public string Device => mount.Device;

    /// <summary>The folder of the overlay that is seen there: <c>/</c>, or another one of a bind mount.</summary>
    public string RootFolder => mount.RootFolder;

    /// <summary>Whether it is in no mount namespace, and only this session's object leads to it.</summary>
    public bool IsDetached => mount.IsDetached;

    /// <summary>The name of the container in whose mount namespace it is; null for this session's.</summary>
    public string? Container { get; internal init; }

    /// <summary>The name of the image that Mount-ContainerImage mounted there; null for what is none.</summary>
    public string? Image => mount.Image;

    internal OverlayMount Mount => mount;

    /// <summary>Lets a detached overlay go; any other stays mounted.</summary>
    public void Dispose() => mount.Dispose();

    /// <summary>The path.</summary>
    /// <returns>The path.</returns>
    public override string ToString() => Path;
}
