using System.Runtime.InteropServices;
using System.Text.Json;
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

            OciImage image = ReadConfiguration(manifest.Config.Digest, out string? fault);
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
                    Variant = NullIfEmpty(image.Variant),
                    OperatingSystem = image.OperatingSystem,
                    Author = NullIfEmpty(image.Author),
                    Configuration = ImageConfigurationReader.Read(image.Config),
                    Fault = fault,
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

    // Which layers the image has is known even where the rest is of wrong types: it can be listed, removed, and nothing else is held up by it.
    private OciImage ReadConfiguration(string digest, out string? fault)
    {
        fault = null;
        try
        {
            return layout.ReadDocument(digest, OciJson.Default.OciImage);
        }
        catch (EngineException damage) when (damage.InnerException is JsonException wrong)
        {
            OciImageLayers layersOnly = layout.ReadDocument(digest, OciJson.Default.OciImageLayers);
            fault = $"its member '{Shown(wrong.Path?.TrimStart('$').TrimStart('.') ?? "?")}' cannot be read";
            return new OciImage { OperatingSystem = string.Empty, RootFileSystem = layersOnly.RootFileSystem };
        }
    }

    private static string Shown(string text) => Layers.EntryName.Show(System.Text.Encoding.UTF8.GetBytes(text));

    // A damaged image, or something another tool put here: it is listed by its digest, so that it can be seen and removed, but cannot be run.
    private static StoredImage Unreadable(OciDescriptor entry) =>
        new(entry, new ImageInfo { Id = entry.Digest, Name = entry.Name, Digest = entry.Digest }, [entry.Digest], IsWhole: false);

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private sealed record Snapshot(FileStatus Stamp, IReadOnlyList<StoredImage> Images);
}
