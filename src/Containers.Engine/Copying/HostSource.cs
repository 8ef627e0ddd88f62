using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Copying;

/// <summary>A file or folder of this machine that is copied, opened once.</summary>
internal sealed class HostSource : IDisposable
{
    /// <summary>Opens it.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="follow">Whether a link stands for what it leads to.</param>
    /// <exception cref="EngineException">NotFound, PermissionDenied.</exception>
    public HostSource(string path, bool follow)
    {
        string whole = System.IO.Path.GetFullPath(path);
        string plain = System.IO.Path.TrimEndingDirectorySeparator(whole);
        bool isFollowed = follow || CopyPlan.AsksForFolder(path);
        File = Files.TryOpen(Files.CurrentFolder, plain, LibC.O_PATH | (isFollowed ? 0 : LibC.O_NOFOLLOW), 0, out Errno errno) ?? throw Missing(path, errno);
        Status = FileInspection.StatusOf(File);
        if (Status.Kind == FileKind.Socket)
        {
            File.Dispose();
            throw new EngineException(EngineErrorReason.InvalidArgument, path, $"'{path}' is a socket, which cannot be copied.");
        }

        Name = CopyPlan.Bytes(System.IO.Path.GetFileName(plain));
    }

    /// <summary>The file, opened with O_PATH.</summary>
    public FileDescriptor File { get; }

    /// <summary>What stat(2) tells of it.</summary>
    public FileStatus Status { get; }

    /// <summary>Its name.</summary>
    public byte[] Name { get; }

    /// <summary>The error of a path of this machine that cannot be opened.</summary>
    public static EngineException Missing(string path, Errno errno) => errno switch
    {
        Errno.ENOENT or Errno.ENOTDIR => new EngineException(EngineErrorReason.NotFound, path, $"There is no '{path}' on this machine."),
        Errno.EACCES or Errno.EPERM => new EngineException(EngineErrorReason.PermissionDenied, path, $"'{path}' cannot be opened: {KernelException.Describe(errno)}."),
        _ => throw new KernelException(errno, "opening", path),
    };

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();
}
