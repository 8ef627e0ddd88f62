using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Images.Archives;

/// <summary>Where an export goes: a name in an open folder.</summary>
internal sealed class OutputPlace : IDisposable
{
    private readonly string path;

    /// <summary>Opens the folder that the export will be in.</summary>
    /// <param name="path">The export's path.</param>
    /// <exception cref="EngineException">NotFound where that folder is not there, InvalidArgument where the path ends without a name.</exception>
    public OutputPlace(string path)
    {
        this.path = path;
        string whole = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        Name = Path.GetFileName(whole);
        if (Name.Length == 0)
        {
            throw new EngineException(EngineErrorReason.InvalidArgument, path, $"'{path}' is no path that an archive can be written to.");
        }

        Folder = Interop.Files.TryOpen(Interop.Files.CurrentFolder, Path.GetDirectoryName(whole)!, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out Errno errno)
            ?? throw (errno is Errno.ENOENT or Errno.ENOTDIR
                ? new EngineException(EngineErrorReason.NotFound, path, $"'{path}' cannot be written: there is no folder '{Path.GetDirectoryName(whole)}'. Make it first.")
                : new KernelException(errno, "opening the folder", Path.GetDirectoryName(whole)!));
    }

    /// <summary>The folder.</summary>
    public FileDescriptor Folder { get; }

    /// <summary>The name in it.</summary>
    public string Name { get; }

    /// <summary>What is there of that name.</summary>
    /// <returns>What stat(2) tells; null where nothing is.</returns>
    public FileStatus? TryStat() => Interop.Files.TryStat(Folder.Number, Name, follow: false, out FileStatus status) == Errno.None ? status : null;

    /// <summary>The error of something that is in the way.</summary>
    /// <param name="more">What else there is to say, after the first sentence; or nothing.</param>
    public EngineException Exists(string more = "") => new(EngineErrorReason.AlreadyExists, path, $"'{path}' is there already{more}. Choose another path, or replace it with -Force.");

    /// <summary>The error of something that is in the way and cannot be replaced.</summary>
    public EngineException WrongKind(string what) => new(EngineErrorReason.AlreadyExists, path, $"'{path}' is there already and is {what}, which is not replaced. Choose another path.");

    /// <inheritdoc/>
    public void Dispose() => Folder?.Dispose();
}
