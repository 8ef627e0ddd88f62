using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Copying;

/// <summary>One resolution of a path in a <see cref="ContainerView"/>.</summary>
internal sealed class PathWalk : IDisposable
{
    // As the kernel's own (path_resolution(7)).
    private const int MostLinks = 40;
    private const int MostComponents = 4096;
    private const ResolveFlags OneStep = ResolveFlags.Beneath | ResolveFlags.NoSymlinks | ResolveFlags.NoMagicLinks;

    private readonly ContainerView view;
    private readonly byte[] asked;
    private readonly List<(FileDescriptor Folder, byte[] Name)> above = [];
    private readonly Stack<byte[]> left = new();
    private int links;

    /// <summary>Begins at the root.</summary>
    /// <param name="view">The container.</param>
    /// <param name="path">The path.</param>
    public PathWalk(ContainerView view, ReadOnlySpan<byte> path)
    {
        this.view = view;
        asked = path.ToArray();
        Push(path);
    }

    /// <summary>Goes the whole way.</summary>
    /// <param name="follow">Whether a link in the last component is followed.</param>
    /// <returns>Where it leads; the caller's.</returns>
    public InnerPlace Run(bool follow)
    {
        while (left.TryPop(out byte[]? name))
        {
            if (name.AsSpan().SequenceEqual(".."u8))
            {
                // The root's own `..` is the root.
                if (above.Count > 0)
                {
                    above[^1].Folder.Dispose();
                    above.RemoveAt(above.Count - 1);
                }

                continue;
            }

            if (Step(name, follow) is { } place)
            {
                return place;
            }
        }

        return above.Count == 0
            ? new InnerPlace([], null, [], view.Root.Duplicate())
            : new InnerPlace(PathOf([]), (above.Count == 1 ? view.Root : above[^2].Folder).Duplicate(), above[^1].Name, above[^1].Folder.Duplicate());
    }

    /// <inheritdoc/>
    public void Dispose() => above.ForEach(one => one.Folder.Dispose());

    private InnerPlace? Step(byte[] name, bool follow)
    {
        FileDescriptor folder = above.Count == 0 ? view.Root : above[^1].Folder;
        byte[] path = PathOf(name);
        FileDescriptor? file;
        Errno errno = Errno.None;
        ViewMount? mount = view.Find(path);
        if (mount is not null)
        {
            file = mount.File?.Duplicate() ?? throw view.Refused(path, mount);
        }
        else
        {
            file = FolderEntries.TryOpen2(folder.Number, name, LibC.O_PATH | LibC.O_NOFOLLOW, OneStep, out errno);
        }

        if (file is null)
        {
            return errno == Errno.ENOENT && left.Count == 0 ? new InnerPlace(path, folder.Duplicate(), name, null) : throw Missing(path, errno);
        }

        try
        {
            FileStatus status = FileInspection.StatusOf(file);
            if (status.Kind == FileKind.Symlink && (follow || left.Count > 0))
            {
                Follow(file);
                file.Dispose();
                return null;
            }

            if (status.Kind == FileKind.Folder && above.Count < MostComponents)
            {
                above.Add((file, name));
                return null;
            }

            return left.Count == 0 ? new InnerPlace(path, folder.Duplicate(), name, file) : throw Missing(path, Errno.ENOTDIR);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private void Follow(FileDescriptor link)
    {
        Errno errno = FileInspection.TryReadLink(link, out byte[] text);
        if (errno != Errno.None || ++links > MostLinks || left.Count > MostComponents)
        {
            throw new EngineException(
                EngineErrorReason.InvalidArgument, Shown, $"'{Shown}' of the container '{view.Name}' leads through symbolic links without end, or through one that cannot be read.");
        }

        if (text.Length > 0 && text[0] == (byte)'/')
        {
            above.ForEach(one => one.Folder.Dispose());
            above.Clear();
        }

        Push(text);
    }

    private void Push(ReadOnlySpan<byte> path)
    {
        var components = new List<byte[]>();
        foreach (Range range in path.Split((byte)'/'))
        {
            ReadOnlySpan<byte> component = path[range];
            if (!component.IsEmpty && !component.SequenceEqual("."u8))
            {
                components.Add(component.ToArray());
            }
        }

        for (int i = components.Count - 1; i >= 0; i--)
        {
            left.Push(components[i]);
        }
    }

    private byte[] PathOf(byte[] name)
    {
        var path = new List<byte>();
        foreach ((FileDescriptor _, byte[] component) in above)
        {
            path.AddRange([.. component, (byte)'/']);
        }

        path.AddRange(name);
        return name.Length == 0 && path.Count > 0 ? [.. path[..^1]] : [.. path];
    }

    private string Shown => "/" + Layers.EntryName.Show(asked.AsSpan().TrimStart((byte)'/'));

    private EngineException Missing(byte[] path, Errno errno)
    {
        string at = ContainerView.Display(path);
        return errno switch
        {
            Errno.ENOENT => new EngineException(EngineErrorReason.NotFound, Shown, $"There is no '{at}' in the container '{view.Name}'."),
            Errno.ENOTDIR => new EngineException(EngineErrorReason.InvalidArgument, Shown, $"'{at}' in the container '{view.Name}' is not a folder."),
            _ => throw new KernelException(errno, "opening", at),
        };
    }
}
