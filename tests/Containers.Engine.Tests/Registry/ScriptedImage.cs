using System.IO.Compression;
using System.Text.Json;
using Containers.Engine.Images;
using Containers.Engine.Registry;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Registry;

/// <summary>An image with its documents, to be served as it is or changed: of one layer, or of several equally large ones.</summary>
internal sealed class ScriptedImage
{
    private readonly byte[][] layers;

    /// <param name="size">The bytes of each layer.</param>
    /// <param name="greeting">What is in <c>etc/greeting</c> of the lowest layer.</param>
    /// <param name="count">The number of layers; images of the same size and greeting share them.</param>
    public ScriptedImage(int size = 3_000_000, string greeting = "hello", int count = 1)
    {
        byte[][] archives = [.. Enumerable.Range(0, count).Select(number => Archive(size, greeting, number))];
        layers = [.. archives.Select(Compress)];
        Config = JsonSerializer.SerializeToUtf8Bytes(new
        {
            architecture = ImagePlatform.Machine.Architecture,
            os = "linux",
            config = new { Cmd = new[] { "/bin/app" } },
            rootfs = new { type = "layers", diff_ids = archives.Select(archive => Digest.Of(archive)) },
        });
        Manifest = MakeManifest(OciMediaType.LayerGzip);
    }

    /// <summary>The lowest layer.</summary>
    public byte[] Layer => layers[0];

    public byte[] Config { get; }

    public byte[] Manifest { get; set; }

    public string LayerDigest => Digest.Of(Layer);

    public byte[] MakeManifest(string layerType = OciMediaType.LayerGzip, string? mediaType = OciMediaType.Manifest, long? size = null, string? configType = null, string? layerDigest = null) =>
        JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object?>
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = mediaType,
            ["config"] = new { mediaType = configType ?? OciMediaType.Config, digest = Digest.Of(Config), size = Config.Length },
            ["layers"] = new[] { new { mediaType = layerType, digest = layerDigest ?? LayerDigest, size = size ?? Layer.Length } }
                .Concat(layers[1..].Select(layer => new { mediaType = layerType, digest = Digest.Of(layer), size = (long)layer.Length })),
        });

    /// <summary>Serves the image under any path and tag.</summary>
    public void Serve(ScriptedRequest request)
    {
        if (request.Target == "/v2/")
        {
            request.Answer(200, "{}");
        }
        else if (request.Target.Contains("/manifests/", StringComparison.Ordinal))
        {
            request.Answer(200, Manifest, OciMediaType.Manifest);
        }
        else if (request.Target.EndsWith(Digest.Of(Config), StringComparison.Ordinal))
        {
            request.Answer(200, Config, "application/octet-stream");
        }
        else if (FindLayer(request) is { } layer)
        {
            request.Answer(200, layer, "application/octet-stream");
        }
        else
        {
            request.Answer(404, """{"errors":[{"code":"BLOB_UNKNOWN","message":"not here"}]}""");
        }
    }

    public bool IsLayer(ScriptedRequest request) => request.Target.EndsWith(LayerDigest, StringComparison.Ordinal);

    /// <summary>The layer that is asked for; null where none is.</summary>
    public byte[]? FindLayer(ScriptedRequest request) => layers.FirstOrDefault(layer => request.Target.EndsWith(Digest.Of(layer), StringComparison.Ordinal));

    public static bool IsManifest(ScriptedRequest request) => request.Target.Contains("/manifests/", StringComparison.Ordinal);

    private static byte[] Archive(int size, string greeting, int number)
    {
        byte[] noise = new byte[size];
        new Random(7 + number).NextBytes(noise);
        string name = number == 0 ? "./noise" : $"./noise{number}";
        TarBuilder archive = new TarBuilder().Folder("./").Folder("./etc");
        return (number == 0 ? archive.File("./etc/greeting", greeting) : archive).Raw(TarBuilder.Header(name, size: size)).Content(noise).End();
    }

    private static byte[] Compress(byte[] archive)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(archive);
        }

        return packed.ToArray();
    }
}
