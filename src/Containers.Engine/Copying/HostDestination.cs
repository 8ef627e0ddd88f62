using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Copying;

/// <summary>Where on this machine a copy goes: a folder that is open, and the name of the copy in it.</summary>
internal sealed class HostDestination : IDisposable
{
    /// <summary>Decides and opens.</summary>
    /// <param name="source">The source's path as it was given.</param>
    /// <param name="sourceName">The name of what is copied.</param>
    /// <param name="isFolder">Whether it is a folder.</param>
    /// <param name="path">The destination's path. Links in it are followed: they are the caller's.</param>
    /// <exception cref="EngineException">NotFound, InvalidArgument, AlreadyExists, PermissionDenied.</exception>
    public HostDestination(string source, byte[] sourceName, bool isFolder, string path)
    {
        string whole = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        Errno errno = Files.TryStat(Files.CurrentFolder, whole, follow: true, out FileStatus status);
        if (errno == Errno.None && new FileInfo(whole) is { LinkTarget: not null } link)
        {
            // The link stays; what it leads to is replaced.
            whole = link.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        }
        else if (errno is not (Errno.None or Errno.ENOENT))
        {
            throw HostSource.Missing(path, errno);
        }

        if (errno == Errno.None && status.Kind is not (FileKind.Folder or FileKind.Regular))
        {
            throw new EngineException(EngineErrorReason.AlreadyExists, path, $"'{path}' is neither a file nor a folder, and is not replaced. Choose another path.");
        }

        string name = System.IO.Path.GetFileName(whole);
        CopyPlan plan = CopyPlan.Make(source, sourceName, isFolder, path, CopyPlan.Bytes(name), errno == Errno.None, errno == Errno.None && status.Kind == FileKind.Folder);
        string folder = plan.IsInside ? whole : System.IO.Path.GetDirectoryName(whole)!;
        TopName = plan.TopName;
        Path = plan.IsInside ? System.IO.Path.Combine(whole, System.Text.Encoding.UTF8.GetString(plan.TopName)) : whole;
        Folder = Files.TryOpen(Files.CurrentFolder, folder, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out errno) ?? throw HostSource.Missing(folder, errno);
    }

    /// <summary>The folder.</summary>
    public FileDescriptor Folder { get; }

    /// <summary>The copy's name in it; empty where only the content of a folder is copied.</summary>
    public byte[] TopName { get; }

    /// <summary>The copy's path.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public void Dispose() => Folder.Dispose();
}
