using System.Text;
using Containers.Engine.Layers;
using Containers.Interop;

namespace Containers.Engine.Copying;

/// <summary>
/// The files of a container, by descriptor: the root, and what stands in it elsewhere than the kernel shows. Paths are resolved here, one component after the other, each
/// opened relative to the folder above it and never followed by the kernel: links and <c>..</c> lead where they lead in the container, and never out of it, whatever
/// the container renames meanwhile.
/// </summary>
/// <param name="name">What the container is called.</param>
/// <param name="root">Its root; this object's from here on.</param>
/// <param name="isReadOnly">Whether nothing may be written but in volumes.</param>
internal sealed class ContainerView(string name, FileDescriptor root, bool isReadOnly) : IDisposable
{
    private const string KernelFolder = "it belongs to the kernel and is no file of the container";
    private readonly List<ViewMount> mounts = [];

    /// <summary>What the container is called.</summary>
    public string Name { get; } = name;

    /// <summary>Its root.</summary>
    public FileDescriptor Root { get; } = root;

    /// <summary>Whether nothing may be written but in volumes.</summary>
    public bool IsReadOnly { get; } = isReadOnly;

    /// <summary>How the owners of its files are called inside; null where they are by the same ids.</summary>
    public OwnerTranslation? Owners { get; init; }

    /// <summary>Shuts the folders that are the kernel's: /proc, /sys, /dev.</summary>
    public void ShutKernelFolders()
    {
        foreach (string folder in (string[])["proc", "sys", "dev"])
        {
            Shut(Encoding.UTF8.GetBytes(folder), KernelFolder);
        }
    }

    /// <summary>Has nothing be copied to or from a path.</summary>
    /// <param name="path">The path from the root, links resolved.</param>
    /// <param name="reason">Why: a clause for the message.</param>
    public void Shut(byte[] path, string reason) => mounts.Add(new ViewMount(path, null, true, reason));

    /// <summary>Shows a volume, as it will be mounted when the container starts.</summary>
    /// <param name="path">The path from the root, links resolved.</param>
    /// <param name="file">Its file or folder; this object's from here on.</param>
    /// <param name="isVolumeReadOnly">Whether the container may only read it.</param>
    public void Show(byte[] path, FileDescriptor file, bool isVolumeReadOnly) => mounts.Add(new ViewMount(path, file, isVolumeReadOnly, string.Empty));

    /// <summary>What stands at a path, or above it where nothing may be copied.</summary>
    /// <param name="path">The path from the root, links resolved.</param>
    /// <returns>The mount, or null.</returns>
    public ViewMount? Find(ReadOnlySpan<byte> path)
    {
        foreach (ViewMount mount in mounts)
        {
            if (path.StartsWith(mount.Path) && (path.Length == mount.Path.Length || (mount.File is null && path[mount.Path.Length] == (byte)'/')))
            {
                return mount;
            }
        }

        return null;
    }

    /// <summary>Whether a path lies in a volume that is read only, or, in none, in a root that is.</summary>
    /// <param name="path">The path from the root, links resolved.</param>
    /// <returns>True where it cannot be written.</returns>
    public bool IsReadOnlyAt(ReadOnlySpan<byte> path)
    {
        ViewMount? inner = null;
        foreach (ViewMount mount in mounts)
        {
            bool isAbove = path.StartsWith(mount.Path) && (path.Length == mount.Path.Length || path[mount.Path.Length] == (byte)'/');
            inner = isAbove && (inner is null || mount.Path.Length > inner.Path.Length) ? mount : inner;
        }

        return inner?.IsReadOnly ?? IsReadOnly;
    }

    /// <summary>Resolves a path as a process in the container would, from its root.</summary>
    /// <param name="path">The path.</param>
    /// <param name="follow">Whether a link in the last component is followed.</param>
    /// <returns>What is there, or where it would be; the caller's.</returns>
    /// <exception cref="EngineException">NotFound where a folder on the way is missing; NotSupported for what may not be copied; InvalidArgument for a loop of links.</exception>
    public InnerPlace Resolve(ReadOnlySpan<byte> path, bool follow)
    {
        using var walk = new PathWalk(this, path);
        return walk.Run(follow);
    }

    /// <summary>The error of a path that nothing may be copied to or from.</summary>
    /// <param name="path">The path.</param>
    /// <param name="mount">What stands there.</param>
    public EngineException Refused(ReadOnlySpan<byte> path, ViewMount mount)
    {
        string shown = Display(path);
        return new EngineException(EngineErrorReason.NotSupported, shown, $"'{shown}' of the container '{Name}' cannot be copied to or from: {mount.Reason}.");
    }

    /// <summary>A path for messages.</summary>
    public static string Display(ReadOnlySpan<byte> path) => "/" + EntryName.Show(path);

    /// <inheritdoc/>
    public void Dispose()
    {
        mounts.ForEach(mount => mount.File?.Dispose());
        Root.Dispose();
    }
}
