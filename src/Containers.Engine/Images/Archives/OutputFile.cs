using System.Security.Cryptography;
using System.Text;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Images.Archives;

/// <summary>
/// A new file that gets its name only when it is whole and on the disk. It is for its owner alone, as images may hold secrets.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private readonly OutputPlace place;
    private readonly string temporary;
    private readonly FileDescriptor file;
    private readonly bool isNameless;
    private readonly bool force;

    /// <summary>Begins a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="force">Whether a file of that name is replaced.</param>
    /// <exception cref="EngineException">AlreadyExists, NotFound (the folder).</exception>
    public OutputFile(string path, bool force)
    {
        this.force = force;
        place = new OutputPlace(path);
        try
        {
            if (place.TryStat() is { } present && (!force || present.Kind is not (FileKind.Regular or FileKind.Symlink)))
            {
                throw force ? place.WrongKind("no regular file") : place.Exists();
            }

            temporary = $".{place.Name}.{RandomNumberGenerator.GetHexString(12, lowercase: true)}";
            FileDescriptor? nameless = FolderEntries.TryMakeNameless(place.Folder.Number, LibC.O_WRONLY, path);
            isNameless = nameless is not null;
            file = nameless ?? Interop.Files.Open(place.Folder.Number, temporary, LibC.O_WRONLY | LibC.O_CREAT | LibC.O_EXCL | LibC.O_NOFOLLOW, 0x180);
            Stream = file.Duplicate().IntoStream(FileAccess.Write);
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    /// <summary>Writes the file; not to be disposed by the caller.</summary>
    public Stream Stream { get; }

    /// <summary>Gives the file its name.</summary>
    /// <exception cref="EngineException">AlreadyExists where one of that name came up meanwhile.</exception>
    public void Commit()
    {
        Interop.Files.Sync(file, place.Name);
        if (isNameless && !force)
        {
            Link(place.Name);
        }
        else
        {
            if (isNameless)
            {
                Link(temporary);
            }

            try
            {
                Interop.Files.Rename(place.Folder.Number, temporary, place.Folder.Number, place.Name, noReplace: !force);
            }
            catch (KernelException failure) when (failure.Errno == Errno.EEXIST)
            {
                throw place.Exists();
            }
        }

        Interop.Files.Sync(place.Folder, $"the folder of {place.Name}");
    }

    /// <summary>Closes the file; one that was not committed is gone.</summary>
    public void Dispose()
    {
        Stream.Dispose();
        file.Dispose();
        if (!place.Folder.IsClosed)
        {
            // Renamed away where it was committed.
            _ = Interop.Files.TryRemove(place.Folder.Number, temporary, isFolder: false);
        }

        place.Dispose();
    }

    private void Link(string name)
    {
        Errno errno = FolderEntries.TryLink(file, place.Folder.Number, Encoding.UTF8.GetBytes(name));
        if (errno != Errno.None)
        {
            throw errno == Errno.EEXIST ? place.Exists() : new KernelException(errno, "naming the file", place.Name);
        }
    }
}
