using System.IO.Compression;
using System.Text.Json;
using Containers.Engine.Images;
using Containers.Engine.Registry;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Registry;

/// <summary>An image of one layer with its documents, to be served as it is or changed.</summary>
internal sealed class ScriptedImage
{
    public ScriptedImage(int size = 3_000_000, string greeting = "hello")
    {
        byte[] noise = new byte[size];
        new Random(7).NextBytes(noise);
        byte[] tar = new TarBuilder().Folder("./").Folder("./etc").File("./etc/greeting", greeting).Raw(TarBuilder.Header("./noise", size: size)).Content(noise).End();
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(tar);
        }

        Layer = packed.ToArray();
        Config = JsonSerializer.SerializeToUtf8Bytes(new
        {
            architecture = ImagePlatform.Machine.Architecture,
            os = "linux",
            config = new { Cmd = new[] { "/bin/app" } },
            rootfs = new { type = "layers", diff_ids = new[] { Digest.Of(tar) } },
        });
        Manifest = MakeManifest(OciMediaType.LayerGzip);
    }

    public byte[] Layer { get; }

    public byte[] Config { get; }

    public byte[] Manifest { get; set; }

    public string LayerDigest => Digest.Of(Layer);

    public byte[] MakeManifest(string layerType = OciMediaType.LayerGzip, string? mediaType = OciMediaType.Manifest, long? size = null, string? configType = null, string? layerDigest = null) =>
        JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object?>
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = mediaType,
            ["config"] = new { mediaType = configType ?? OciMediaType.Config, digest = Digest.Of(Config), size = Config.Length },
            ["layers"] = new[] { new { mediaType = layerType, digest = layerDigest ?? LayerDigest, size = size ?? Layer.Length } },
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
        else if (request.Target.EndsWith(LayerDigest, StringComparison.Ordinal))
        {
            request.Answer(200, Layer, "application/octet-stream");
        }
        else
        {
            request.Answer(404, """{"errors":[{"code":"BLOB_UNKNOWN","message":"not here"}]}""");
        }
    }

    public bool IsLayer(ScriptedRequest request) => request.Target.EndsWith(LayerDigest, StringComparison.Ordinal);

    public static bool IsManifest(ScriptedRequest request) => request.Target.Contains("/manifests/", StringComparison.Ordinal);
}
