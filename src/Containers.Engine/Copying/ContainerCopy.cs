using Containers.Engine.Layers;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Interop;

namespace Containers.Engine.Copying;

/// <summary>
/// Copies files between this machine and containers: what is read becomes a tar archive, which is unpacked while it is written. Nothing of a container is executed or
/// loaded for that, and no path of it is ever put together with one of this machine.
/// </summary>
/// <param name="services">The engine's.</param>
/// <param name="views">Opens containers' files.</param>
internal sealed class ContainerCopy(EngineServices services, ContainerViews views)
{
    /// <summary>Copies in; see <see cref="ContainerEngine.CopyIn(string, string, string, CopyOptions, IProgress{long}, CancellationToken)"/>.</summary>
    public void In(string id, string source, string destination, CopyOptions options, IProgress<long>? progress, CancellationToken cancellation) => Work(id, true, cancellation, view =>
    {
        using var from = new HostSource(source, options.FollowLink);
        using InnerPlace to = view.Resolve(CopyPlan.Bytes(destination), follow: true);
        CopyPlan plan = CopyPlan.Make(source, from.Name, from.Status.Kind == FileKind.Folder, destination, to.Name, to.File is not null, to.IsFolder);
        var archive = new TreeArchive(from.File, plan.TopName, new LayerWriteOptions { Source = LayerSourceKind.Files, KeepsHoles = true });
        using FileDescriptor folder = OpenFolder(view, to, plan.IsInside, out InhabitedInnerFolder inhabited);
        archive.Unpack(folder, inhabited, view.Owners, progress, cancellation);
    });

    /// <summary>Unpacks an archive; see <see cref="ContainerEngine.CopyIn(string, Stream, string, IProgress{long}, CancellationToken)"/>.</summary>
    public void In(string id, Stream archive, string destination, IProgress<long>? progress, CancellationToken cancellation) => Work(id, true, cancellation, view =>
    {
        using InnerPlace to = view.Resolve(CopyPlan.Bytes(destination), follow: true);
        if (!to.IsFolder)
        {
            throw new EngineException(
                EngineErrorReason.NotFound, destination, $"There is no folder '{destination}' in the container '{view.Name}': an archive is unpacked into a folder that is there.");
        }

        using FileDescriptor folder = OpenFolder(view, to, isInside: true, out InhabitedInnerFolder inhabited);
        using var counted = new CountedStream(archive, progress);
        _ = LayerExtractor.Extract(counted, folder, new ExtractionOptions { Whiteouts = WhiteoutHandling.Plain, Inhabited = inhabited, Owners = view.Owners }, cancellation);
    });

    /// <summary>Copies out; see <see cref="ContainerEngine.CopyOut(string, string, string, CopyOptions, IProgress{long}, CancellationToken)"/>.</summary>
    public string Out(string id, string source, string destination, CopyOptions options, IProgress<long>? progress, CancellationToken cancellation)
    {
        string path = destination;
        Work(id, false, cancellation, view =>
        {
            using InnerPlace from = OpenSource(view, source, options);
            using var to = new HostDestination(source, from.Name, from.IsFolder, destination);
            (uint, uint)? owner = options.Archive ? null : (ProcessOwner.Uid, ProcessOwner.Gid);
            TreeArchive archive = ArchiveOf(view, from, to.TopName, owner, keepsHoles: true);
            archive.Unpack(to.Folder, new InhabitedHostFolder(to.Folder), owners: null, progress, cancellation);
            path = to.Path;
        });
        return path;
    }

    /// <summary>Writes an archive; see <see cref="ContainerEngine.CopyOut(string, string, Stream, CopyOptions, IProgress{long}, CancellationToken)"/>.</summary>
    public void Out(string id, string source, Stream output, CopyOptions options, IProgress<long>? progress, CancellationToken cancellation) => Work(id, false, cancellation, view =>
    {
        using InnerPlace from = OpenSource(view, source, options);
        using var counted = new CountedStream(output, progress);
        ArchiveOf(view, from, from.IsFolder && CopyPlan.AsksForContent(source) ? [] : from.Name, owner: null, keepsHoles: false).Write(counted, cancellation);
    });

    private static InnerPlace OpenSource(ContainerView view, string source, CopyOptions options)
    {
        InnerPlace from = view.Resolve(CopyPlan.Bytes(source), options.FollowLink || CopyPlan.AsksForFolder(source));
        string? fault = from.File is null ? $"There is no '{source}' in the container '{view.Name}'."
            : !from.IsFolder && CopyPlan.AsksForFolder(source) ? $"'{source}' in the container '{view.Name}' is not a folder."
            : from.Status.Kind == FileKind.Socket ? $"'{source}' in the container '{view.Name}' is a socket, which cannot be copied."
            : null;
        if (fault is null)
        {
            return from;
        }

        var reason = from.File is null ? EngineErrorReason.NotFound : EngineErrorReason.InvalidArgument;
        from.Dispose();
        throw new EngineException(reason, source, fault);
    }

    private static FileDescriptor OpenFolder(ContainerView view, InnerPlace to, bool isInside, out InhabitedInnerFolder inhabited)
    {
        byte[] path = isInside ? to.Path : to.FolderPath.ToArray();
        InhabitedInnerFolder.RequireWritable(view, path);
        inhabited = new InhabitedInnerFolder(view, path);
        return (isInside ? to.File! : to.Folder!).Duplicate();
    }

    private static TreeArchive ArchiveOf(ContainerView view, InnerPlace from, byte[] name, (uint Uid, uint Gid)? owner, bool keepsHoles)
    {
        byte[] above = from.Path;
        bool Find(ReadOnlySpan<byte> path, out FileDescriptor? file)
        {
            ViewMount? mount = view.Find(above.Length == 0 ? path : [.. above, (byte)'/', .. path]);
            file = mount?.File;
            return mount is not null;
        }

        return new TreeArchive(from.File!, name, new LayerWriteOptions { Source = LayerSourceKind.Files, NewOwner = owner, Owners = view.Owners, KeepsHoles = keepsHoles, Mounts = Find });
    }

    private void Work(string id, bool forWriting, CancellationToken cancellation, Action<ContainerView> action)
    {
        using ContainerLock held = services.Store.Lock(id, cancellation);
        try
        {
            using ContainerView view = views.Open(held, forWriting);
            action(view);
        }
        catch (KernelException failure)
        {
            throw new EngineException(
                failure.Errno is Errno.EPERM or Errno.EACCES ? EngineErrorReason.PermissionDenied : EngineErrorReason.Storage, failure.Subject, $"Copying failed: {failure.Message}.", failure);
        }
    }
}
