using System.Text;
using Containers.Engine.Layers;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Images;

/// <summary>Describes images that are made of files.</summary>
internal static class ImageMaking
{
    /// <summary>Opens the folder that an image is made of.</summary>
    /// <param name="path">Its path.</param>
    /// <returns>Its descriptor.</returns>
    /// <exception cref="EngineException">NotFound, InvalidArgument, PermissionDenied or Storage.</exception>
    public static FileDescriptor OpenFolder(string path)
    {
        FileDescriptor? folder = Files.TryOpen(Files.CurrentFolder, path, LibC.O_RDONLY | LibC.O_DIRECTORY, 0, out Errno errno);
        return folder ?? throw new EngineException(
            errno switch
            {
                Errno.ENOENT => EngineErrorReason.NotFound,
                Errno.ENOTDIR => EngineErrorReason.InvalidArgument,
                Errno.EACCES or Errno.EPERM => EngineErrorReason.PermissionDenied,
                _ => EngineErrorReason.Storage,
            },
            path, $"The folder '{path}', of which an image is to be made, cannot be opened: {KernelException.Describe(errno)}.", new KernelException(errno, "opening", path));
    }

    /// <summary>An image of a folder's files.</summary>
    public static ImageOrigin OfFolder(FileDescriptor root, string name, ImageMakingOptions options, ExtractionLimits limits)
    {
        var writing = new LayerWriteOptions
        {
            LatestTime = options.SourceDate?.ToUnixTimeSeconds(),
            Excluded = [.. options.Excluded.Select(ParseExcluded)],
            Limits = limits,
        };
        return Describe(new LayerOrigin { IsOwn = true, Open = ending => new LayerPipe(root, writing, static () => { }, ending) }, name, options);
    }

    /// <summary>An image of an archive's files.</summary>
    public static ImageOrigin OfArchive(Stream archive, string name, ImageMakingOptions options)
    {
        if (options.Excluded.Count > 0)
        {
            throw new EngineException(
                EngineErrorReason.InvalidArgument, options.Excluded[0], "Nothing can be left out of an archive, which becomes the layer as it is. Unpack it and make the image of the folder.");
        }

        return Describe(new LayerOrigin { IsRootFileSystem = true, Open = _ => new BorrowedStream(archive) }, name, options);
    }

    private static ImageOrigin Describe(LayerOrigin layer, string name, ImageMakingOptions options)
    {
        ImageName parsed = ImageQuery.ParseNewName(name);
        ImageChangesCheck.Check(options.Changes);
        DateTimeOffset created = options.SourceDate ?? DateTimeOffset.UtcNow;
        return new ImageOrigin
        {
            Layers = [layer],
            Describe = taken => new ImageDescription(ImageConfigEdit.AddLayer(ImageConfigEdit.Empty(), taken[0].DiffId, options.Changes, created, options.CreatedBy)),
            Names = [parsed],
        };
    }

    private static byte[] ParseExcluded(string path)
    {
        string plain = path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path;
        plain = plain.TrimEnd('/');
        bool isValid = plain.Length > 0 && !plain.Contains('\0', StringComparison.Ordinal) && plain.Split('/').All(part => part is not ("" or "." or ".."));
        return isValid ? Encoding.UTF8.GetBytes(plain) : throw new EngineException(
            EngineErrorReason.InvalidArgument, path, $"'{EntryName.Show(Encoding.UTF8.GetBytes(path))}' is no path to leave out: it is given relative to the folder, as in var/cache.");
    }
}
