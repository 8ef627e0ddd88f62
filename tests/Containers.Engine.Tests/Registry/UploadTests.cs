using System.Globalization;
using Containers.Engine.Images;
using Containers.Engine.Registry;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Registry;

/// <summary>Uploads to a registry of the tests' own that breaks off, asks for large pieces, or takes none.</summary>
public sealed class UploadTests : IDisposable
{
    private const string Upload = "/v2/team/app/blobs/uploads/";
    private readonly RegistryFixture fixture = new();
    private readonly Dictionary<string, byte[]> blobs = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private readonly Dictionary<string, MemoryStream> sessions = new(StringComparer.Ordinal);
    private readonly List<int> pieces = [];
    private byte[] manifest = [];
    private string[] startHeaders = [];

    public UploadTests()
    {
        byte[] noise = new byte[3_000_000];
        new Random(3).NextBytes(noise);
        using var archive = new MemoryStream(new TarBuilder().Folder("./").Raw(TarBuilder.Header("./noise", size: noise.Length)).Content(noise).End());
        _ = fixture.Store.Make(archive, "app", new ImageMakingOptions(), null, TestContext.Current.CancellationToken);
        fixture.Settings = fixture.Settings with { UploadPiece = 1 << 20 };
    }

    public void Dispose() => fixture.Dispose();

    [Fact]
    public void An_upload_that_breaks_off_goes_on_with_what_the_registry_does_not_have()
    {
        int broken = 0;
        using ScriptedServer server = Serve(request =>
        {
            if (request.Method == "PATCH" && broken++ is 1 or 3)
            {
                // Half of the piece has arrived when the connection breaks.
                lock (gate)
                {
                    sessions[request.Target].Write(request.Body.AsSpan(0, request.Body.Length / 2));
                }

                return true;
            }

            return false;
        });
        string digest = Publish(server);
        AssertWhole(digest);
        Assert.Equal(2, server.Count("GET", Upload));
    }

    [Fact]
    public void An_upload_that_the_registry_has_forgotten_begins_anew()
    {
        int broken = 0;
        using ScriptedServer server = Serve(request =>
        {
            if (request.Method == "PATCH" && broken++ == 1)
            {
                lock (gate)
                {
                    sessions.Remove(request.Target);
                }

                return true;
            }

            return false;
        });
        AssertWhole(Publish(server));
    }

    [Fact]
    public void Pieces_are_as_large_as_the_registry_wants_them()
    {
        startHeaders = ["OCI-Chunk-Min-Length: 2000000"];
        using ScriptedServer server = Serve(_ => false);
        AssertWhole(Publish(server));
        Assert.Equal(2, pieces.Count);
        Assert.Equal(2_000_000, pieces[0]);
    }

    [Fact]
    public void A_registry_that_takes_no_pieces_gets_the_blob_in_one()
    {
        using ScriptedServer server = Serve(request =>
        {
            if (request.Method != "PATCH")
            {
                return false;
            }

            request.Answer(405, """{"errors":[{"code":"UNSUPPORTED"}]}""");
            return true;
        });
        AssertWhole(Publish(server));
    }

    [Fact]
    public void An_upload_to_another_host_carries_no_credentials()
    {
        fixture.WriteCredentials(new { auths = new Dictionary<string, object>() });
        using ScriptedServer storage = Serve(_ => false);
        string? host = null;
        using ScriptedServer server = Serve(request =>
        {
            if (request.Authorization is null)
            {
                request.Answer(401, string.Empty, "WWW-Authenticate: Basic realm=\"x\"");
                return true;
            }

            if (request.Method == "POST")
            {
                lock (gate)
                {
                    sessions[$"{Upload}elsewhere{sessions.Count}"] = new MemoryStream();
                    request.Answer(202, string.Empty, $"Location: http://{storage.Host}{Upload}elsewhere{sessions.Count - 1}");
                }

                return true;
            }

            return false;
        });
        host = server.Host;
        fixture.Credentials.Save(host, "me", "secret", asPlainText: true);
        AssertWhole(Publish(server));
        Assert.NotEmpty(storage.Requests);
        Assert.All(storage.Requests, request => Assert.Null(request.Authorization));
    }

    [Fact]
    public void A_registry_that_claims_to_have_more_than_was_sent_or_makes_no_progress_is_given_up()
    {
        foreach (string range in (string[])["0-999999999999", "0-5"])
        {
            using ScriptedServer server = Serve(request =>
            {
                if (request.Method != "PATCH")
                {
                    return false;
                }

                request.Answer(202, string.Empty, $"Location: {request.Target}", $"Range: {range}");
                return true;
            });
            Assert.Equal(EngineErrorReason.InvalidData, RegistryFixture.Fails(() => Publish(server)).Reason);
            Assert.Empty(manifest);
        }
    }

    [Fact]
    public void A_busy_registry_gets_the_upload_later()
    {
        int asked = 0;
        using ScriptedServer server = Serve(request =>
        {
            if (Interlocked.Increment(ref asked) % 3 == 1)
            {
                request.Answer(503, string.Empty);
                return true;
            }

            return false;
        });
        AssertWhole(Publish(server));
    }

    [Theory]
    [InlineData(403, EngineErrorReason.PermissionDenied)]
    [InlineData(405, EngineErrorReason.NotSupported)]
    [InlineData(404, EngineErrorReason.NotFound)]
    public void A_registry_that_does_not_take_images_is_reported(int status, EngineErrorReason reason)
    {
        using ScriptedServer server = Serve(request =>
        {
            if (request.Method != "POST")
            {
                return false;
            }

            request.Answer(status, """{"errors":[{"code":"DENIED","message":"requested access is denied"}]}""");
            return true;
        });
        EngineException failure = RegistryFixture.Fails(() => Publish(server));
        Assert.Equal(reason, failure.Reason);
        Assert.Contains("requested access is denied", failure.Message, StringComparison.Ordinal);
    }

    private string Publish(ScriptedServer server) => fixture.Open().Publish("app", $"{server.Host}/team/app:1.0", null, TestContext.Current.CancellationToken);

    private void AssertWhole(string digest)
    {
        Assert.Equal(digest, Digest.Of(manifest));
        using ImageContent content = fixture.Store.OpenContent("app");
        Assert.Equal([.. content.Parsed.Layers.Select(layer => layer.Digest).Append(content.Info.Id).Order(StringComparer.Ordinal)], blobs.Keys.Order(StringComparer.Ordinal));
        Assert.All(blobs, blob => Assert.Equal(blob.Key, Digest.Of(blob.Value)));
    }

    /// <summary>A registry as the specification has it, as far as uploads go; the script comes first.</summary>
    private ScriptedServer Serve(Func<ScriptedRequest, bool> script) => new(request =>
    {
        if (script(request))
        {
            return;
        }

        string path = request.Target.Split('?')[0];
        lock (gate)
        {
            switch (request.Method)
            {
                case "HEAD":
                    request.Answer(blobs.ContainsKey(path[(path.LastIndexOf('/') + 1)..]) ? 200 : 404);
                    break;
                case "POST":
                    string session = $"{Upload}{sessions.Count}";
                    sessions[session] = new MemoryStream();
                    request.Answer(202, string.Empty, [$"Location: {session}", .. startHeaders]);
                    break;
                case "GET" when sessions.TryGetValue(path, out MemoryStream? known):
                    request.Answer(204, string.Empty, $"Location: {path}", $"Range: 0-{known.Length - 1}");
                    break;
                case "PATCH" when sessions.TryGetValue(path, out MemoryStream? known):
                    Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{known.Length}-{known.Length + request.Body.Length - 1}"), request.Headers["content-range"]);
                    known.Write(request.Body);
                    pieces.Add(request.Body.Length);
                    request.Answer(202, string.Empty, $"Location: {path}", $"Range: 0-{known.Length - 1}");
                    break;
                case "PUT" when sessions.Remove(path, out MemoryStream? known):
                    known.Write(request.Body);
                    blobs[Uri.UnescapeDataString(request.Target[(request.Target.IndexOf("digest=", StringComparison.Ordinal) + 7)..])] = known.ToArray();
                    request.Answer(201);
                    break;
                case "PUT" when path == "/v2/team/app/manifests/1.0":
                    manifest = request.Body;
                    request.Answer(201);
                    break;
                default:
                    request.Answer(404);
                    break;
            }
        }
    });
}
