using System.Runtime.InteropServices;
using Containers.Interop;

namespace Containers.Engine.Images;

/// <summary>Reads the images of the layout, and keeps what it read until the index changes: blobs never do. Thread-safe.</summary>
/// <param name="layout">The layout.</param>
/// <param name="layers">The unpacked layers.</param>
internal sealed class ImageCatalog(ImageLayout layout, LayerStore layers)
{
    private volatile Snapshot? snapshot;

    /// <summary>This machine's architecture as OCI names it.</summary>
    public static string MachineArchitecture => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => "amd64",
        Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>All images of the index, in its order.</summary>
    /// <returns>The images.</returns>
    public IReadOnlyList<StoredImage> Read()
    {
        while (true)
        {
            FileStatus stamp = layout.GetIndexStamp();
            if (snapshot is { } kept && kept.Stamp == stamp)
            {
                return kept.Images;
            }

            var images = layout.ReadIndex().Manifests.ConvertAll(ReadImage);

            // No lock is taken: an image that was removed meanwhile looks damaged, and then the index is another one.
            if (images.TrueForAll(image => image.IsWhole) || layout.GetIndexStamp() == stamp)
            {
                // The stamp is older than what was read: where the index changed in between, the next reader reads again.
                snapshot = new Snapshot(stamp, images);
                return images;
            }
        }
    }

    /// <summary>What an image's configuration means for containers.</summary>
    /// <param name="config">The part of the configuration.</param>
    /// <returns>The same in the engine's terms.</returns>
    internal static ImageConfiguration FromOci(OciImageConfig? config) => new()
    {
        Entrypoint = config?.Entrypoint ?? [],
        Cmd = config?.Cmd ?? [],
        Env = config?.Env ?? [],
        User = NullIfEmpty(config?.User),
        WorkingDir = NullIfEmpty(config?.WorkingDir),
        StopSignal = NullIfEmpty(config?.StopSignal),
        Labels = config?.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal),
    };

    /// <summary>Reads one image.</summary>
    /// <param name="entry">Its entry in the index.</param>
    /// <returns>The image.</returns>
    public StoredImage ReadImage(OciDescriptor entry)
    {
        try
        {
            OciManifest manifest = layout.ReadDocument(entry.Digest, OciJson.Default.OciManifest);
            if (manifest.Config is null || manifest.Manifests is not null || (entry.MediaType.Length > 0 && entry.MediaType != OciMediaType.Manifest))
            {
                return Unreadable(entry);
            }

            OciImage image = layout.ReadDocument(manifest.Config.Digest, OciJson.Default.OciImage);
            IReadOnlyList<string> chain = Digest.ChainIds(image.RootFileSystem.DiffIds);
            return new StoredImage(
                entry,
                new ImageInfo
                {
                    Id = manifest.Config.Digest,
                    Name = entry.Name,
                    Digest = entry.Origin is { } origin ? origin[(origin.IndexOf('@', StringComparison.Ordinal) + 1)..] : entry.Digest,
                    Origin = entry.Origin,
                    CreatedAt = image.Created,
                    Size = chain.Sum(layer => layers.TryRead(layer)?.Size ?? 0),
                    Layers = chain,
                    Architecture = image.Architecture,
                    Configuration = FromOci(image.Config),
                },
                [
                    entry.Digest,
                    manifest.Config.Digest,
                    .. manifest.Layers.Select(layer => layer.Digest),
                    .. entry.Annotations?.GetValueOrDefault(OciDescriptor.OriginalManifest) is { } original && Digest.IsValid(original) ? [original] : Array.Empty<string>(),
                ],
                IsWhole: true);
        }
        catch (EngineException)
        {
            return Unreadable(entry);
        }
    }

    // A damaged image, or something another tool put here: it is listed by its digest, so that it can be seen and removed, but cannot be run.
    private static StoredImage Unreadable(OciDescriptor entry) =>
        new(entry, new ImageInfo { Id = entry.Digest, Name = entry.Name, Digest = entry.Digest }, [entry.Digest], IsWhole: false);

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private sealed record Snapshot(FileStatus Stamp, IReadOnlyList<StoredImage> Images);
}
