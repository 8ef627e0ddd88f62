using System.Collections.Concurrent;
using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Registry;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Registry;

/// <summary>Pushes to the real registry program.</summary>
public sealed class PublishTests : IDisposable
{
    private readonly RegistryFixture fixture = new();
    private readonly ConcurrentDictionary<string, PublishStage> stages = new(StringComparer.Ordinal);
    private RealRegistry? registry;

    public void Dispose()
    {
        registry?.Dispose();
        fixture.Dispose();
    }

    [Theory]
    [InlineData("--format oci")]
    [InlineData("--format v2s2")]
    public void What_was_received_is_sent_elsewhere_with_the_same_digest(string format)
    {
        Start();
        using var other = new RealRegistry(fixture.Scratch);
        fixture.MakeLayout();
        registry!.Put("oci:layout:1.0", "team/app:1.0", format);
        ImageInfo image = fixture.Receive($"{registry.Host}/team/app:1.0");
        Assert.Equal(image.Digest, Publish(image.Name!, $"{other.Host}/elsewhere:2"));
        Assert.Equal(registry.Inspect("team/app:1.0"), other.Inspect("elsewhere:2"));
        Assert.All(stages.Values, stage => Assert.Equal(PublishStage.Sent, stage));
        fixture.Scratch.Shell($"skopeo copy -q --insecure-policy --src-tls-verify=false docker://{other.Host}/elsewhere:2 dir:out");
    }

    [Fact]
    public void An_imported_image_is_sent_and_is_then_what_skopeo_reads()
    {
        Start();
        ImageInfo image = Import("app", "hello", size: 0);
        string digest = Publish("app", $"{registry!.Host}/team/app:1.0");
        Assert.Equal(image.Digest, digest);
        Assert.Equal(digest, Digest.Of(Encoding.UTF8.GetBytes(registry.Inspect("team/app:1.0"))));
        Assert.Contains("\"/bin/app\"", registry.Inspect("team/app:1.0", "--config --raw"), StringComparison.Ordinal);
        fixture.Store.Remove("app", force: false);
        Assert.Equal("hello", fixture.ReadFile(fixture.Receive($"{registry.Host}/team/app:1.0"), 0, "etc/greeting"));
    }

    [Fact]
    public void Blobs_that_are_there_are_not_sent_again_and_those_of_other_repositories_are_taken_over()
    {
        Start();
        ImageInfo image = Import("app", "hello", size: 100_000);
        _ = Publish("app", $"{registry!.Host}/team/app:1.0");
        Assert.All(stages.Values, stage => Assert.Equal(PublishStage.Sent, stage));
        stages.Clear();
        _ = Publish("app", $"{registry.Host}/team/app:2.0");
        Assert.All(stages.Values, stage => Assert.Equal(PublishStage.Existing, stage));

        stages.Clear();
        fixture.Store.Remove("app", force: false);
        image = fixture.Receive($"{registry.Host}/team/app:1.0");
        Assert.Equal(image.Digest, Publish(image.Name!, $"{registry.Host}/other/place:1.0"));
        Assert.Equal(2, stages.Count);
        Assert.All(stages.Values, stage => Assert.Equal(PublishStage.Mounted, stage));
    }

    [Fact]
    public void A_large_blob_is_sent_in_pieces()
    {
        Start();
        fixture.Settings = fixture.Settings with { UploadPiece = 1 << 20 };
        _ = Import("app", "hello", size: 5_000_000);
        _ = Publish("app", $"{registry!.Host}/team/app:1.0");
        Assert.Equal(5, registry.Log.Split('\n').Count(line => line.Contains("http.request.method=PATCH", StringComparison.Ordinal) && line.Contains("response completed", StringComparison.Ordinal)));
        fixture.Store.Remove("app", force: false);
        Assert.Equal("hello", fixture.ReadFile(fixture.Receive($"{registry.Host}/team/app:1.0"), 0, "etc/greeting"));
    }

    [Fact]
    public void Sending_needs_credentials_where_the_registry_asks_for_them()
    {
        registry = new RealRegistry(fixture.Scratch, isTls: true, hasPassword: true);
        fixture.Configure(registry.Host, new RegistryHostSettings { CertificateAuthority = registry.Authority });
        _ = Import("app", "hello", size: 100_000);
        EngineException failure = RegistryFixture.Fails(() => Publish("app", $"{registry.Host}/team/app:1.0"));
        Assert.Equal(EngineErrorReason.AuthenticationFailed, failure.Reason);
        fixture.Open().Login(registry.Host, RealRegistry.User, RealRegistry.Secret, asPlainText: true, TestContext.Current.CancellationToken);
        Assert.NotEmpty(Publish("app", $"{registry.Host}/team/app:1.0"));
    }

    [Fact]
    public void The_built_in_image_and_what_has_no_name_of_a_registry_are_refused()
    {
        EngineException failure = RegistryFixture.Fails(() => Publish("host", "registry.example/app"));
        Assert.Equal(EngineErrorReason.NotSupported, failure.Reason);
        ImageInfo image = Import("app", "hello", size: 0);
        Assert.Equal(EngineErrorReason.InvalidArgument, RegistryFixture.Fails(() => Publish("app", "host")).Reason);
        Assert.Equal(EngineErrorReason.InvalidArgument, RegistryFixture.Fails(() => Publish("app", "Not A Name")).Reason);
        Assert.Equal(EngineErrorReason.NotFound, RegistryFixture.Fails(() => Publish("no-such", "registry.example/app")).Reason);
        EngineException other = RegistryFixture.Fails(() => Publish("app", $"registry.example/app@{Digest.Of("x"u8)}"));
        Assert.Contains(image.Digest!, other.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_target_only_a_name_that_was_asked_for_is_sent()
    {
        Start();
        fixture.MakeLayout();
        registry!.Put("oci:layout:1.0", "team/app:1.0");
        string digest = fixture.Receive($"{registry.Host}/team/app:1.0").Digest!, asked = $"{registry.Host}/team/app@{digest}";
        fixture.Store.Remove($"{registry.Host}/team/app:1.0", force: false);
        string id = fixture.Receive(asked).Id;
        Assert.Contains("has no name that says where", NoName(asked), StringComparison.Ordinal);

        fixture.Store.AddTag(asked, "mine/other:1");
        Assert.Contains("no name in that repository (mine/other:1 is another)", NoName(asked), StringComparison.Ordinal);
        Assert.Equal("mine/other:1", fixture.Store.NameToSend(id));
        fixture.Store.AddTag(asked, $"{registry.Host}/team/app:2");
        Assert.Contains($"several names ({registry.Host}/team/app:2, mine/other:1)", NoName(id), StringComparison.Ordinal);
        Assert.Equal($"{registry.Host}/team/app:2", fixture.Store.NameToSend(asked));
        Assert.Equal("mine/other:1", fixture.Store.NameToSend("mine/other:1"));
        Assert.Equal(digest, fixture.Open().Publish(asked, null, null, TestContext.Current.CancellationToken));
        Assert.Equal(digest, Digest.Of(Encoding.UTF8.GetBytes(registry.Inspect("team/app:2"))));

        fixture.Store.AddTag(asked, $"{registry.Host}/team/app:3");
        Assert.Contains($"several names ({registry.Host}/team/app:2, {registry.Host}/team/app:3)", NoName(asked), StringComparison.Ordinal);
        Assert.Equal($"{registry.Host}/team/app:3", fixture.Store.NameToSend($"{registry.Host}/team/app:3@{digest}"));
    }

    [Fact]
    public void Called_by_its_digest_an_image_loses_no_name_of_another_repository()
    {
        Start();
        fixture.MakeLayout();
        registry!.Put("oci:layout:1.0", "team/app:1.0");
        string name = $"{registry.Host}/team/app:1.0", asked = $"{registry.Host}/team/app@{fixture.Receive(name).Digest}";
        fixture.Store.AddTag(name, "mine");
        fixture.Store.Remove(asked, force: false);
        Assert.Equal("mine:latest", fixture.Store.Get(asked).Name);
        EngineException failure = RegistryFixture.Fails(() => fixture.Store.Remove(asked, force: false));
        Assert.Equal(EngineErrorReason.Busy, failure.Reason);
        Assert.Contains("(mine:latest)", failure.Message, StringComparison.Ordinal);
        fixture.Store.Remove(asked, force: true);
        fixture.AssertEmpty();
    }

    [Fact]
    public void A_registry_that_does_not_run_is_reported()
    {
        _ = Import("app", "hello", size: 0);
        Assert.Equal(EngineErrorReason.ConnectionFailed, RegistryFixture.Fails(() => Publish("app", $"127.0.0.1:{RealRegistry.FreePort()}/app")).Reason);
    }

    [Fact]
    public void A_cancelled_push_gives_the_image_no_name_there()
    {
        Start();
        _ = Import("app", "hello", size: 5_000_000);
        using var source = new CancellationTokenSource();
        EngineException failure = RegistryFixture.Fails(() => fixture.Open().Publish("app", $"{registry!.Host}/team/app:1.0", new Sink<PublishProgress>(one =>
        {
            if (one.Stage == PublishStage.Sending)
            {
                source.Cancel();
            }
        }), source.Token));
        Assert.Equal(EngineErrorReason.Canceled, failure.Reason);
        Assert.Equal(EngineErrorReason.NotFound, RegistryFixture.Fails(() => fixture.Receive($"{registry!.Host}/team/app:1.0")).Reason);
    }

    private void Start() => registry = new RealRegistry(fixture.Scratch);

    private string NoName(string image)
    {
        EngineException failure = RegistryFixture.Fails(() => fixture.Open().Publish(image, null, null, TestContext.Current.CancellationToken));
        Assert.Equal(EngineErrorReason.InvalidArgument, failure.Reason);
        Assert.EndsWith("-Destination HOST/PATH:TAG.", failure.Message, StringComparison.Ordinal);
        return failure.Message;
    }

    private string Publish(string name, string target) =>
        fixture.Open().Publish(name, target, new Sink<PublishProgress>(one => stages[one.Layer] = one.Stage), TestContext.Current.CancellationToken);

    private ImageInfo Import(string name, string greeting, int size)
    {
        byte[] noise = new byte[size];
        new Random(3).NextBytes(noise);
        using var archive = new MemoryStream(new TarBuilder().Folder("./").Folder("./etc").File("./etc/greeting", greeting).Raw(TarBuilder.Header("./noise", size: size)).Content(noise).End());
        return fixture.Store.Make(archive, name, new ImageMakingOptions { Changes = new ImageChanges { Cmd = ["/bin/app"] } }, null, TestContext.Current.CancellationToken);
    }
}
