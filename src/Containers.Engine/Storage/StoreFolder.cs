using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Storage;

/// <summary>Makes and opens the folders of a store.</summary>
internal static class StoreFolder
{
    private const int PrivateMode = 0x1C0;

    /// <summary>Opens a folder given by an absolute path, making it and those above it (0700) where they are missing.</summary>
    /// <param name="path">The path, from the configuration.</param>
    /// <returns>Its descriptor.</returns>
    /// <exception cref="EngineException">Storage or PermissionDenied.</exception>
    public static FileDescriptor OpenRoot(string path)
    {
        try
        {
            FileDescriptor? folder = Files.TryOpen(Files.CurrentFolder, path, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out Errno errno);
            if (folder is null && errno == Errno.ENOENT)
            {
                MakeAll(path);
                folder = Files.TryOpen(Files.CurrentFolder, path, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out errno);
            }

            return folder ?? throw new KernelException(errno, "opening the folder", path);
        }
        catch (KernelException failure)
        {
            bool isDenied = failure.Errno is Errno.EACCES or Errno.EPERM;
            throw new EngineException(
                isDenied ? EngineErrorReason.PermissionDenied : EngineErrorReason.Storage,
                path,
                $"The engine's folder '{path}' cannot be opened: {failure.Message}. Containers need root; run the session as root.",
                failure);
        }
    }

    /// <summary>Opens a folder in another, making it (0700) where it is missing.</summary>
    /// <param name="parent">The other's descriptor.</param>
    /// <param name="name">One component.</param>
    /// <returns>Its descriptor.</returns>
    /// <exception cref="KernelException">It cannot be made, or is no folder.</exception>
    public static FileDescriptor Open(FileDescriptor parent, string name)
    {
        _ = Files.MakeFolder(parent.Number, name, PrivateMode);
        return Files.Open(parent.Number, name, LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_NOFOLLOW);
    }

    /// <summary>Whether a folder has an entry of that name, whatever it is.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">A relative path.</param>
    /// <returns>Whether it is there.</returns>
    public static bool Has(FileDescriptor folder, string name) => Files.TryStat(folder.Number, name, follow: false, out _) == Errno.None;

    /// <summary>Makes a file whose only use is to be locked (flock(2)), where it is missing, and locks it.</summary>
    /// <param name="path">The file, in a folder that is there.</param>
    /// <param name="cancellation">Ends the waiting for who has it.</param>
    /// <returns>The lock.</returns>
    /// <exception cref="KernelException">It cannot be made.</exception>
    public static FileDescriptor Lock(string path, CancellationToken cancellation)
    {
        FileDescriptor held = Files.Open(Files.CurrentFolder, path, LibC.O_RDWR | LibC.O_CREAT | LibC.O_NOFOLLOW, 0x180);
        try
        {
            while (!Files.Lock(held, wait: false, path))
            {
                cancellation.ThrowIfCancellationRequested();
                Thread.Sleep(1);
            }

            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private static void MakeAll(string path)
    {
        for (int slash = path.IndexOf('/', 1); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            _ = Files.MakeFolder(Files.CurrentFolder, path[..slash], PrivateMode);
        }

        _ = Files.MakeFolder(Files.CurrentFolder, path, PrivateMode);
    }
}
