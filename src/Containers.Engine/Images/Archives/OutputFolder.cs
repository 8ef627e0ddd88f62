using System.Security.Cryptography;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Images.Archives;

/// <summary>A new folder that gets its name only when it is whole and on the disk.</summary>
internal sealed class OutputFolder : IDisposable
{
    private readonly OutputPlace place;
    private readonly string temporary;
    private readonly bool replaces;

    /// <summary>Begins a folder.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="force">Whether an image layout, or an empty folder, of that name is replaced.</param>
    /// <exception cref="EngineException">AlreadyExists, NotFound (the folder above).</exception>
    public OutputFolder(string path, bool force)
    {
        place = new OutputPlace(path);
        temporary = $".{place.Name}.{RandomNumberGenerator.GetHexString(12, lowercase: true)}";
        try
        {
            replaces = CheckPresent(force);
            _ = Interop.Files.MakeFolder(place.Folder.Number, temporary, 0x1C0);
            Descriptor = Interop.Files.Open(place.Folder.Number, temporary, LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_NOFOLLOW);
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    /// <summary>The folder.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>Gives the folder its name.</summary>
    /// <exception cref="EngineException">AlreadyExists where something of that name came up meanwhile.</exception>
    public void Commit()
    {
        string old = temporary + ".old";
        if (replaces)
        {
            Interop.Files.Rename(place.Folder.Number, place.Name, place.Folder.Number, old, noReplace: true);
        }

        try
        {
            Interop.Files.Rename(place.Folder.Number, temporary, place.Folder.Number, place.Name, noReplace: true);
        }
        catch (KernelException failure) when (failure.Errno == Errno.EEXIST)
        {
            throw replaces ? place.Exists($"; what was there before is '{old}' now") : place.Exists();
        }
        catch (KernelException) when (replaces)
        {
            Interop.Files.Rename(place.Folder.Number, old, place.Folder.Number, place.Name, noReplace: true);
            throw;
        }

        Interop.Files.Sync(place.Folder, $"the folder of {place.Name}");
        if (replaces)
        {
            _ = FolderRemoval.Remove(place.Folder.Number, old);
        }
    }

    /// <summary>Closes the folder; one that was not committed is gone.</summary>
    public void Dispose()
    {
        Descriptor.Dispose();
        if (!place.Folder.IsClosed && Interop.Files.TryStat(place.Folder.Number, temporary, follow: false, out _) == Errno.None)
        {
            _ = FolderRemoval.Remove(place.Folder.Number, temporary);
        }

        place.Dispose();
    }

    private bool CheckPresent(bool force)
    {
        if (place.TryStat() is not { } present)
        {
            return false;
        }

        if (!force)
        {
            throw place.Exists();
        }

        if (present.Kind != FileKind.Folder)
        {
            throw place.WrongKind("no folder");
        }

        using FileDescriptor folder = Interop.Files.Open(place.Folder.Number, place.Name, LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_NOFOLLOW);
        bool isLayout = Interop.Files.TryStat(folder.Number, OciLayout.MarkerName, follow: false, out _) == Errno.None;
        return isLayout || !new FolderListing(folder, place.Name).Next(out _, out _) ? true : throw place.WrongKind("a folder of other things");
    }
}
