using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using Containers.Engine.Images;

namespace Containers.Engine.Registry;

/// <summary>Sends an image to a registry: layers, several at once, then the configuration, and the manifest last, when all that it names is there.</summary>
/// <param name="client">The registry.</param>
/// <param name="target">The name it gets.</param>
/// <param name="settings">The settings.</param>
/// <param name="content">The image.</param>
/// <param name="progress">Told of each blob now and then; or null. Called on several threads.</param>
internal sealed class ImagePush(RegistryClient client, RegistryReference target, RegistrySettings settings, ImageContent content, IProgress<PublishProgress>? progress)
{
    private const long ReportedBytes = 512 * 1024;

    /// <summary>Sends.</summary>
    /// <param name="present">The images of the store: where the registry may have layers already.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The digest that the image has there.</returns>
    /// <exception cref="EngineException">It did not get there.</exception>
    public string Run(IReadOnlyList<ImageInfo> present, CancellationToken cancellation)
    {
        string digest = Digest.Of(content.Manifest);
        if (target.Digest is not null && target.Digest != digest)
        {
            throw new EngineException(
                EngineErrorReason.InvalidArgument, target.ToString(), $"The image cannot be sent as '{target}': its digest is {digest}. Leave the digest out of the name.");
        }

        OciDescriptor config = content.Parsed.Config!;
        (OciDescriptor Blob, string? From)[] layers =
        [
            .. content.Parsed.Layers.Select((layer, number) => (layer, MountSource(present, number))).DistinctBy(layer => layer.layer.Digest),
        ];
        foreach ((OciDescriptor blob, _) in layers)
        {
            progress?.Report(new PublishProgress(blob.Digest, PublishStage.Waiting, 0, blob.Size));
        }

        ParallelWork.Run(layers, settings.ParallelUploads, SendLayer, cancellation);
        using (var bytes = new MemoryStream(content.Config, writable: false))
        {
            // A descriptor of its own: that of a Docker manifest may say another media type, but the same digest.
            Send(config with { Size = bytes.Length }, bytes, MountSource(present, null), cancellation);
        }

        PutManifest(digest, cancellation);
        return digest;
    }

    private void SendLayer((OciDescriptor Blob, string? From) layer, CancellationToken cancellation)
    {
        using FileStream bytes = content.OpenBlob(layer.Blob.Digest);
        Send(layer.Blob, bytes, layer.From, cancellation);
    }

    private void Send(OciDescriptor blob, Stream bytes, string? from, CancellationToken cancellation)
    {
        if (bytes.Length != blob.Size)
        {
            throw new EngineException(
                EngineErrorReason.Storage, blob.Digest, $"The blob {blob.Digest} is damaged in the image store: it has {bytes.Length} bytes instead of {blob.Size}. Pull or import the image again.");
        }

        long reported = 0;
        PublishStage stage = new BlobUpload(client, target.Path, settings, blob, bytes, Report, cancellation).Run(from);
        progress?.Report(new PublishProgress(blob.Digest, stage, blob.Size, blob.Size));

        void Report(long sent)
        {
            if (progress is not null && Math.Abs(sent - reported) >= ReportedBytes)
            {
                reported = sent;
                progress.Report(new PublishProgress(blob.Digest, PublishStage.Sending, sent, blob.Size));
            }
        }
    }

    private void PutManifest(string digest, CancellationToken cancellation)
    {
        string attempt = $"sending the manifest of {target}";
        Uri Address() => client.Endpoint.At($"/v2/{target.Path}/manifests/{target.Tag ?? digest}");
        client.Retry.Run(
            () =>
            {
                using RegistryResponse response = client.SendOnce(
                    () => new RegistryRequest(HttpMethod.Put, Address())
                    {
                        Patience = settings.CommitTimeout,
                        Body = _ => new ByteArrayContent(content.Manifest) { Headers = { ContentType = new MediaTypeHeaderValue(content.ManifestMediaType) } },
                    },
                    [$"repository:{target.Path}:pull,push"],
                    attempt,
                    cancellation);
                return response.Status == HttpStatusCode.Created ? true : throw (response.IsSuccess
                    ? RegistryErrors.Invalid(target.ToString(), $"{client.Endpoint.Host} answered with status {(int)response.Status} instead of 201 ({attempt}).")
                    : RegistryErrors.Status(client.Endpoint.Host, response, attempt, cancellation));
            },
            cancellation);
    }

    // A repository of the same registry that has the layer by what is known here: where this image came from, or another image with the layer.
    private string? MountSource(IReadOnlyList<ImageInfo> present, int? layer)
    {
        IEnumerable<ImageInfo> likely = layer is { } number && number < content.Info.Layers.Count
            ? present.Where(image => image.Layers.Contains(content.Info.Layers[number]))
            : present.Where(image => image.Id == content.Info.Id);
        return likely.OrderBy(image => image.Id != content.Info.Id).SelectMany(image => new[] { image.Origin, image.Name }).OfType<string>().Prepend(content.Info.Origin)
            .Select(text => text is not null && ImageName.TryParse(text, out ImageName? name, out _) && RegistryAddress.Canonical(name!.Host) == RegistryAddress.Canonical(target.Host) ? name.Path : null)
            .FirstOrDefault(path => path is not null && path != target.Path);
    }
}
