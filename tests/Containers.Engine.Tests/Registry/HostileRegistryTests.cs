using System.Text;
using System.Text.Json;
using Containers.Engine.Images;
using Containers.Engine.Registry;

namespace Containers.Engine.Tests.Registry;

/// <summary>Registries that lie.</summary>
public sealed class HostileRegistryTests : IDisposable
{
    private readonly RegistryFixture fixture = new();
    private readonly ScriptedImage image = new(size: 100_000);

    public void Dispose() => fixture.Dispose();

    [Fact]
    public void A_layer_with_other_bytes_than_its_digest_says_is_refused()
    {
        byte[] other = new ScriptedImage(size: 100_000, greeting: "hullo").Layer;
        image.Manifest = image.MakeManifest(size: other.Length);
        using ScriptedServer server = Serve(request => image.IsLayer(request) && Answer(request, other));
        Assert.Equal(EngineErrorReason.InvalidData, fixture.ReceiveFails($"{server.Host}/app").Reason);
    }

    [Fact]
    public void A_layer_that_is_shorter_than_the_manifest_says_is_refused()
    {
        using ScriptedServer server = Serve(request => image.IsLayer(request) && Answer(request, image.Layer[..^1]));
        EngineException failure = fixture.ReceiveFails($"{server.Host}/app");
        Assert.Equal(EngineErrorReason.InvalidData, failure.Reason);
        Assert.Single(server.Requests, image.IsLayer);
    }

    [Fact]
    public void A_layer_that_is_longer_than_the_manifest_says_is_refused_whether_its_length_is_said_or_not()
    {
        using ScriptedServer said = Serve(request => image.IsLayer(request) && Answer(request, [.. image.Layer, 0]));
        Assert.Equal(EngineErrorReason.InvalidData, fixture.ReceiveFails($"{said.Host}/app").Reason);
        long sent = 0;
        using ScriptedServer unsaid = Serve(request =>
        {
            if (!image.IsLayer(request))
            {
                return false;
            }

            request.Head(200);
            request.Stream.Write(image.Layer);
            byte[] more = new byte[64 * 1024];
            while (sent < 1L << 32)
            {
                request.Stream.Write(more);
                sent += more.Length;
            }

            return true;
        });
        Assert.Equal(EngineErrorReason.InvalidData, fixture.ReceiveFails($"{unsaid.Host}/app").Reason);
        Assert.InRange(sent, 0, 64 << 20);
    }

    [Fact]
    public void A_resumed_layer_that_goes_on_elsewhere_is_refused()
    {
        using ScriptedServer server = Serve(request =>
        {
            if (!image.IsLayer(request))
            {
                return false;
            }

            int from = request.RangeFrom;
            request.Head(from > 0 ? 206 : 200, $"Content-Length: {image.Layer.Length - from}", $"Content-Range: bytes {from - 5}-{image.Layer.Length - 1}/{image.Layer.Length}");
            request.Stream.Write(image.Layer.AsSpan(from, 50_000));
            return true;
        });
        Assert.Equal(EngineErrorReason.InvalidData, fixture.ReceiveFails($"{server.Host}/app").Reason);
    }

    [Fact]
    public void An_endless_manifest_is_not_read_to_its_end()
    {
        long sent = 0;
        using ScriptedServer server = Serve(request =>
        {
            request.Head(200, $"Content-Type: {OciMediaType.Manifest}");
            byte[] spaces = [.. Enumerable.Repeat((byte)' ', 64 * 1024)];
            while (sent < 1L << 32)
            {
                request.Stream.Write(spaces);
                sent += spaces.Length;
            }

            return true;
        });
        Assert.Equal(EngineErrorReason.LimitExceeded, fixture.ReceiveFails($"{server.Host}/app").Reason);
        Assert.InRange(sent, 0, 64 << 20);
    }

    [Fact]
    public void A_manifest_that_says_it_is_huge_is_not_read_at_all()
    {
        using ScriptedServer server = Serve(request =>
        {
            request.Head(200, $"Content-Type: {OciMediaType.Manifest}", "Content-Length: 99999999999");
            request.Hang();
            return true;
        });
        Assert.Equal(EngineErrorReason.LimitExceeded, fixture.ReceiveFails($"{server.Host}/app").Reason);
    }

    [Fact]
    public void A_configuration_that_says_it_is_huge_or_has_another_digest_is_refused()
    {
        image.Manifest = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(image.Manifest).Replace($"\"size\":{image.Config.Length}", "\"size\":9000000", StringComparison.Ordinal));
        using ScriptedServer huge = Serve(_ => false);
        Assert.Equal(EngineErrorReason.LimitExceeded, fixture.ReceiveFails($"{huge.Host}/app").Reason);
        image.Manifest = image.MakeManifest();
        byte[] forged = [.. image.Config];
        forged[^2] = (byte)' ';
        using ScriptedServer other = Serve(request => request.Target.EndsWith(Digest.Of(image.Config), StringComparison.Ordinal) && Answer(request, forged));
        Assert.Equal(EngineErrorReason.InvalidData, fixture.ReceiveFails($"{other.Host}/app").Reason);
    }

    [Fact]
    public void A_manifest_with_another_digest_than_was_asked_for_is_refused()
    {
        using ScriptedServer server = Serve(_ => false);
        string other = Digest.Of("other"u8);
        EngineException failure = fixture.ReceiveFails($"{server.Host}/app@{other}");
        Assert.Equal(EngineErrorReason.InvalidData, failure.Reason);
        Assert.NotNull(fixture.Receive($"{server.Host}/app@{Digest.Of(image.Manifest)}"));
    }

    [Fact]
    public void A_digest_that_the_registry_states_does_not_stand_for_the_bytes()
    {
        string other = Digest.Of("other"u8);
        using ScriptedServer server = Serve(request => ScriptedImage.IsManifest(request) && Answer(request, image.Manifest, OciMediaType.Manifest, $"Docker-Content-Digest: {other}"));
        Assert.Equal(EngineErrorReason.InvalidData, fixture.ReceiveFails($"{server.Host}/app@{other}").Reason);
        Assert.Equal(EngineErrorReason.InvalidData, fixture.ReceiveFails($"{server.Host}/app").Reason);
    }

    public static TheoryData<string, string, string> Confusions => new()
    {
        // A document, the type the registry says, and what the message must tell.
        { """{"schemaVersion":2,"mediaType":"MANIFEST","config":CONFIG,"layers":[LAYER],"manifests":[]}""", OciMediaType.Manifest, "as an index" },
        { """{"schemaVersion":2,"mediaType":"INDEX","config":CONFIG,"layers":[LAYER],"manifests":[ENTRY]}""", OciMediaType.Index, "as an index" },
        { """{"schemaVersion":2,"mediaType":"INDEX","manifests":[ENTRY],"layers":[]}""", OciMediaType.Index, "as an index" },
        { """{"schemaVersion":2,"mediaType":"INDEX","config":CONFIG,"layers":[LAYER]}""", OciMediaType.Manifest, "the registry says" },
        { """{"schemaVersion":2,"mediaType":"MANIFEST","config":CONFIG,"layers":[LAYER]}""", OciMediaType.Index, "the registry says" },
        { """{"schemaVersion":2,"config":CONFIG,"layers":[LAYER]}""", OciMediaType.Index, "as an index" },
        { """{"schemaVersion":2,"config":CONFIG,"layers":[LAYER]}""", "application/json", "neither the registry nor the document" },
        { """{"schemaVersion":2,"mediaType":"MANIFEST","config":CONFIG,"layers":[LAYER],"layers":[]}""", OciMediaType.Manifest, "no JSON of a manifest" },
        { """{"schemaVersion":2,"mediaType":"MANIFEST","config":CONFIG,"layers":[LAYER],"manifests":null}""", OciMediaType.Manifest, "" },
        { """{"schemaVersion":2,"mediaType":"MANIFEST","config":CONFIG}""", OciMediaType.Manifest, "no configuration or no layers" },
        { """{"schemaVersion":3,"mediaType":"MANIFEST","config":CONFIG,"layers":[LAYER]}""", OciMediaType.Manifest, "schema version is 3" },
        { """{"schemaVersion":1,"fsLayers":[],"history":[]}""", "application/vnd.docker.distribution.manifest.v1+prettyjws", "schema 1" },
        { """{"schemaVersion":2,"mediaType":"MANIFEST","config":CONFIG,"layers":[LAYER],"fsLayers":[]}""", OciMediaType.Manifest, "schema 1" },
        { """{"schemaVersion":2,"mediaType":"MANIFEST","config":CONFIG,"layers":[null]}""", OciMediaType.Manifest, "an entry of it is empty" },
        { """{"schemaVersion":2,"mediaType":"MANIFEST","config":CONFIG,"layers":[{"mediaType":"x","size":1,"digest":"sha256:../../../../etc/passwd"}]}""", OciMediaType.Manifest, "no sha256 digest" },
        { """{"schemaVersion":2,"mediaType":"MANIFEST","config":{"mediaType":"x","size":1,"digest":"sha256:../../../other/manifests/latest"},"layers":[LAYER]}""", OciMediaType.Manifest, "no sha256 digest" },
        { """{"schemaVersion":2,"mediaType":"INDEX","manifests":[{"mediaType":"x","size":1,"digest":"../../other/manifests/latest"}]}""", OciMediaType.Index, "no sha256 digest" },
        { """{"schemaVersion":2,"mediaType":"MANIFEST","config":CONFIG,"layers":[{"mediaType":"x","size":-1,"digest":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}]}""", OciMediaType.Manifest, "negative size" },
        { """{"schemaVersion":2,"mediaType":"MANIFEST","config":CONFIG,"layers":[{"mediaType":"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip","size":1,"digest":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}]}""", OciMediaType.Manifest, "may not be distributed" },
        { """{"schemaVersion":2,"mediaType":"MANIFEST","config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","size":1,"digest":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},"layers":[]}""", OciMediaType.Manifest, "no container image but another kind of artifact" },
        { """{"schemaVersion":2,"mediaType":"MANIFEST","config":CONFIG,"layers":[]}""", OciMediaType.Manifest, "contradicts itself" },
        { "[]", OciMediaType.Manifest, "no JSON of a manifest" },
        { "null", OciMediaType.Manifest, "it is null" },
        { "<html>\u001b[31m</html>", OciMediaType.Manifest, "no JSON of a manifest" },
        { "<html></html>", "text/html", "no JSON of a manifest" },
    };

    [Theory]
    [MemberData(nameof(Confusions))]
    public void A_manifest_that_can_be_read_in_two_ways_or_in_none_is_refused(string document, string type, string expected)
    {
        string layer = JsonSerializer.Serialize(new { mediaType = OciMediaType.LayerGzip, digest = image.LayerDigest, size = image.Layer.Length });
        string config = JsonSerializer.Serialize(new { mediaType = OciMediaType.Config, digest = Digest.Of(image.Config), size = image.Config.Length });
        string entry = JsonSerializer.Serialize(new
        {
            mediaType = OciMediaType.Manifest, digest = Digest.Of(image.Manifest), size = image.Manifest.Length, platform = new { os = "linux", architecture = ImagePlatform.Machine.Architecture },
        });
        byte[] bytes = Encoding.UTF8.GetBytes(document.Replace("CONFIG", config, StringComparison.Ordinal).Replace("LAYER", layer, StringComparison.Ordinal)
            .Replace("ENTRY", entry, StringComparison.Ordinal).Replace("MANIFEST", OciMediaType.Manifest, StringComparison.Ordinal).Replace("INDEX", OciMediaType.Index, StringComparison.Ordinal));
        using ScriptedServer server = Serve(request => ScriptedImage.IsManifest(request) && Answer(request, bytes, type));
        if (expected.Length == 0)
        {
            Assert.NotNull(fixture.Receive($"{server.Host}/app"));
            return;
        }

        Assert.Contains(expected, fixture.ReceiveFails($"{server.Host}/app").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_whose_manifest_is_an_index_again_or_of_another_size_is_refused()
    {
        byte[] index = Index(image.Manifest, image.Manifest.Length + 1);
        using ScriptedServer size = Serve(request => request.Target.EndsWith("/latest", StringComparison.Ordinal) && Answer(request, index, OciMediaType.Index));
        Assert.Equal(EngineErrorReason.InvalidData, fixture.ReceiveFails($"{size.Host}/app").Reason);
        byte[] inner = Index(image.Manifest, image.Manifest.Length), outer = Index(inner, inner.Length);
        using ScriptedServer nested = Serve(request => ScriptedImage.IsManifest(request) && Answer(request, request.Target.EndsWith("/latest", StringComparison.Ordinal) ? outer : inner, OciMediaType.Index));
        Assert.Equal(EngineErrorReason.InvalidData, fixture.ReceiveFails($"{nested.Host}/app").Reason);
    }

    [Fact]
    public void A_configuration_for_other_layers_than_the_manifest_has_is_refused()
    {
        var other = new ScriptedImage(size: 50_000, greeting: "other");
        byte[] manifest = image.MakeManifest(layerDigest: other.LayerDigest, size: other.Layer.Length);
        using ScriptedServer server = Serve(request => ScriptedImage.IsManifest(request) ? Answer(request, manifest, OciMediaType.Manifest)
            : request.Target.EndsWith(other.LayerDigest, StringComparison.Ordinal) && Answer(request, other.Layer));
        Assert.Equal(EngineErrorReason.InvalidData, fixture.ReceiveFails($"{server.Host}/app").Reason);
    }

    private static byte[] Index(byte[] manifest, int size) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        schemaVersion = 2,
        mediaType = OciMediaType.Index,
        manifests = new[]
        {
            new { mediaType = OciMediaType.Manifest, digest = Digest.Of(manifest), size, platform = new { os = "linux", architecture = ImagePlatform.Machine.Architecture } },
        },
    });

    private static bool Answer(ScriptedRequest request, byte[] body, string type = "application/octet-stream", params string[] headers)
    {
        request.Answer(200, body, type, headers);
        return true;
    }

    private ScriptedServer Serve(Func<ScriptedRequest, bool> script) => new(request =>
    {
        if (!script(request))
        {
            image.Serve(request);
        }
    });
}
