using System.Diagnostics;
using System.Text.Json;

namespace Containers.Engine.Images.Archives;

/// <summary>Writes an export: an OCI image layout, and Docker's manifest.json beside where it is wanted. Files come sorted by path.</summary>
/// <param name="plan">What is exported.</param>
/// <param name="progress">Told now and then, and at the end; or null.</param>
/// <param name="cancellation">Ends it.</param>
internal sealed class ImageArchiveWriter(ExportPlan plan, IProgress<ExportProgress>? progress, CancellationToken cancellation)
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(100);
    private readonly long total = plan.Blobs.Sum(blob => blob.Size);
    private long written;
    private long reported = Stopwatch.GetTimestamp();

    /// <summary>Writes everything.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="isDocker">Whether with Docker's manifest.json.</param>
    /// <exception cref="EngineException">Storage where a blob is damaged.</exception>
    public void Write(ArchiveOutput output, bool isDocker)
    {
        output.Folder("blobs");
        output.Folder("blobs/sha256");
        foreach (ExportedBlob blob in plan.Blobs)
        {
            output.File($"blobs/sha256/{Digest.Hex(blob.Digest)}", blob.Size, tap => blob.ReadVerified(
                bytes =>
                {
                    tap(bytes);
                    Report(bytes.Length);
                },
                cancellation));
        }

        Document(output, OciLayout.IndexName, JsonSerializer.SerializeToUtf8Bytes(MakeIndex(), OciJson.Default.OciIndex));
        if (isDocker)
        {
            Document(output, DockerArchive.ManifestName, JsonSerializer.SerializeToUtf8Bytes(MakeDockerManifest(), ArchiveJson.Default.ListDockerArchiveImage));
        }

        Document(output, OciLayout.MarkerName, JsonSerializer.SerializeToUtf8Bytes(new OciLayoutMarker(), OciJson.Default.OciLayoutMarker));
        output.Finish();
        progress?.Report(new ExportProgress(written, total));
    }

    private static void Document(ArchiveOutput output, string name, byte[] bytes) => output.File(name, bytes.Length, tap => tap(bytes));

    private OciIndex MakeIndex()
    {
        var index = new OciIndex { MediaType = OciMediaType.Index };
        foreach (ExportedImage image in plan.Images)
        {
            if (image.Names.Count == 0)
            {
                index.Manifests.Add(image.Manifest);
            }

            // Podman takes the reference for the whole name, containerd has an annotation of its own for that.
            index.Manifests.AddRange(image.Names.Select(name => image.Manifest.WithAnnotation(OciLayout.WholeName, Whole(name)).WithName(name.Reference)));
        }

        return index;
    }

    private static string Whole(ImageName name) => $"{name.Host}/{name.Path}:{name.Tag}";

    private List<DockerArchiveImage> MakeDockerManifest() =>
    [
        .. plan.Images.Select(image => new DockerArchiveImage
        {
            Config = $"blobs/sha256/{Digest.Hex(image.ConfigDigest)}",
            RepoTags = [.. image.Names.Select(name => name.Reference)],
            Layers = [.. image.LayerDigests.Select(digest => $"blobs/sha256/{Digest.Hex(digest)}")],
        }),
    ];

    private void Report(int bytes)
    {
        written += bytes;
        if (progress is not null && Stopwatch.GetElapsedTime(reported) >= ProgressInterval)
        {
            reported = Stopwatch.GetTimestamp();
            progress.Report(new ExportProgress(written, total));
        }
    }
}
