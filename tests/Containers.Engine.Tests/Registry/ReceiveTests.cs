using System.Collections.Concurrent;
using System.Text.Json;
using Containers.Engine.Images;
using Containers.Engine.Registry;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Registry;

/// <summary>Pulls from the real registry program.</summary>
public sealed class ReceiveTests : IDisposable
{
    private readonly RegistryFixture fixture = new();
    private RealRegistry? registry;

    public void Dispose()
    {
        registry?.Dispose();
        fixture.Dispose();
    }

    [Fact]
    public void An_image_is_received_from_a_registry_of_this_machine_that_speaks_no_TLS()
    {
        Serve();
        ImageInfo image = fixture.Receive($"{registry!.Host}/team/app:1.0");
        Assert.Equal($"{registry.Host}/team/app:1.0", image.Name);
        Assert.Equal(["/bin/app"], image.Configuration.Cmd);
        Assert.Equal("base", fixture.ReadFile(image, 0, "etc/base"));
        Assert.Equal("hello", fixture.ReadFile(image, 1, "etc/greeting"));
        string raw = registry.Inspect("team/app:1.0");
        Assert.Equal(Digest.Of(System.Text.Encoding.UTF8.GetBytes(raw)), image.Digest);
        Assert.Equal($"{registry.Host}/team/app@{image.Digest}", image.Origin);
        Assert.Equal(image, fixture.Store.Get($"{registry.Host}/team/app:1.0"));
        using ImageContent content = fixture.Store.OpenContent(image.Id);
        Assert.Equal(raw, System.Text.Encoding.UTF8.GetString(content.Manifest));
    }

    [Fact]
    public void Layers_that_are_there_are_not_fetched_again()
    {
        Serve();
        _ = fixture.Receive($"{registry!.Host}/team/app:1.0");
        fixture.MakeLayout(tag: "2.0", greeting: "hello again");
        registry.Put("oci:layout:2.0", "team/app:2.0");
        var stages = new ConcurrentDictionary<string, LayerStage>(StringComparer.Ordinal);
        ImageInfo image = fixture.Open().Receive($"{registry.Host}/team/app:2.0", null, new Sink<LayerProgress>(one => stages[one.Layer] = one.Stage), TestContext.Current.CancellationToken);
        Assert.Equal([LayerStage.Unpacked, LayerStage.Existing], stages.Values.Order());
        Assert.Equal("hello again", fixture.ReadFile(image, 1, "etc/greeting"));
        Assert.Equal(3, fixture.Store.List().Count);
    }

    [Fact]
    public void A_digest_gets_that_very_image_even_when_the_tag_has_moved_on()
    {
        Serve();
        string digest = fixture.Receive($"{registry!.Host}/team/app:1.0").Digest!;
        fixture.Store.Remove($"{registry.Host}/team/app:1.0", force: false);
        fixture.MakeLayout(tag: "2.0", greeting: "other");
        registry.Put("oci:layout:2.0", "team/app:1.0");
        ImageInfo image = fixture.Receive($"{registry.Host}/team/app@{digest}");
        Assert.Equal(digest, image.Digest);
        Assert.Null(image.Name);
        Assert.Equal("hello", fixture.ReadFile(image, 1, "etc/greeting"));
        Assert.Equal(image.Id, fixture.Store.Get($"{registry.Host}/team/app@{digest}").Id);
        Assert.Equal("other", fixture.ReadFile(fixture.Receive($"{registry.Host}/team/app:1.0"), 1, "etc/greeting"));
    }

    [Fact]
    public void A_tag_beside_a_digest_stays_with_the_image_that_has_it()
    {
        Serve();
        ImageInfo first = fixture.Receive($"{registry!.Host}/team/app:1.0");
        fixture.MakeLayout(tag: "2.0", greeting: "other");
        registry.Put("oci:layout:2.0", "team/app:1.0");
        ImageInfo second = fixture.Receive($"{registry.Host}/team/app:1.0");
        string both = $"{registry.Host}/team/app:1.0@{first.Digest}";
        ImageInfo received = fixture.Receive(both);
        Assert.Equal((first.Id, null), (received.Id, received.Name));
        Assert.Equal(first.Id, fixture.Store.Get(both).Id);
        Assert.Equal(second.Id, fixture.Store.Get($"{registry.Host}/team/app:1.0").Id);
    }

    [Fact]
    public void What_is_received_by_its_digest_is_told_as_that_of_its_own_repository()
    {
        Serve();
        registry!.Put("oci:layout:1.0", "elsewhere:1.0");
        ImageInfo other = fixture.Receive($"{registry.Host}/elsewhere:1.0");
        fixture.Store.AddTag(other.Id, "mine");
        string asked = $"{registry.Host}/team/app@{other.Digest}";
        ImageInfo received = fixture.Receive(asked);
        Assert.Equal((other.Id, null, asked), (received.Id, received.Name, received.Origin));
        fixture.Store.AddTag(asked, $"{registry.Host}/team/app:own");
        received = fixture.Receive($"{registry.Host}/elsewhere@{other.Digest}");
        Assert.Equal($"{registry.Host}/elsewhere@{other.Digest}", received.Origin);
        Assert.Null(received.Name);
    }

    [Fact]
    public void A_host_that_speaks_no_TLS_is_told_plainly_and_how_to_allow_it()
    {
        Serve();

        // Where names lead, plain HTTP would be tried next for this machine.
        using var transport = new RegistryTransport(fixture.Settings);
        string host = registry!.Host;
        EngineException failure = Assert.Throws<RegistryConnectionException>(
            () => transport.Send(new RegistryRequest(HttpMethod.Get, new Uri($"https://{host}/v2/")), TestContext.Current.CancellationToken)).Failure;
        Assert.Contains($"{host} does not speak TLS: it answered with something else.", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"Set-ContainerConfiguration -Registry @{{ Registry = '{host}'; Insecure = $true }}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tags_come_sorted_whatever_the_registrys_order_is()
    {
        using ScriptedServer server = new(request => request.Answer(200, """{"tags":["b","1.10","a","1.9","B"]}"""));
        Assert.Equal(["1.10", "1.9", "B", "a", "b"], fixture.Open().FindTags($"{server.Host}/app", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("--format v2s2")]
    [InlineData("--format oci --dest-compress-format zstd")]
    public void Manifests_of_Dockers_kind_and_zstd_layers_are_taken(string options)
    {
        Serve(options);
        ImageInfo image = fixture.Receive($"{registry!.Host}/team/app:1.0");
        Assert.Equal("hello", fixture.ReadFile(image, 1, "etc/greeting"));
        Assert.Equal(Digest.Of(System.Text.Encoding.UTF8.GetBytes(registry.Inspect("team/app:1.0"))), image.Digest);
    }

    [Fact]
    public void What_is_not_there_is_named_with_the_registry()
    {
        Serve();
        EngineException failure = fixture.ReceiveFails($"{registry!.Host}/team/app:9");
        Assert.Equal(EngineErrorReason.NotFound, failure.Reason);
        Assert.Contains($"There is no image '{registry.Host}/team/app:9' in the registry {registry.Host}", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"Find-ContainerImage {registry.Host}/team/app lists", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("Check its name and digest.", fixture.ReceiveFails($"{registry.Host}/team/app@{Digest.Of("x"u8)}").Message, StringComparison.Ordinal);
        Assert.Equal(EngineErrorReason.NotFound, fixture.ReceiveFails($"{registry.Host}/no/such").Reason);
    }

    [Fact]
    public void A_registry_that_does_not_run_is_reported_at_once()
    {
        EngineException failure = fixture.ReceiveFails($"127.0.0.1:{RealRegistry.FreePort()}/app");
        Assert.Equal(EngineErrorReason.ConnectionFailed, failure.Reason);
        Assert.Contains("refused the connection", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_that_there_is_not_is_reported_as_such()
    {
        // Where no name server answers, it takes a while until that is known.
        fixture.Settings = fixture.Settings with { ConnectTimeout = TimeSpan.FromMinutes(2), StallTimeout = TimeSpan.FromMinutes(2) };
        EngineException failure = fixture.ReceiveFails("no-such-host.invalid/app");
        Assert.Equal(EngineErrorReason.ConnectionFailed, failure.Reason);
        Assert.Contains("There is no host 'no-such-host.invalid'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_of_an_unknown_authority_is_refused_and_the_message_says_how_to_trust_it()
    {
        Serve(isTls: true);
        EngineException failure = fixture.ReceiveFails($"{registry!.Host}/team/app:1.0");
        Assert.Equal(EngineErrorReason.ConnectionFailed, failure.Reason);
        Assert.Contains("no authority that this machine knows", failure.Message, StringComparison.Ordinal);
        Assert.Contains("certificateAuthority", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"Set-ContainerConfiguration -Registry @{{ Registry = '{registry.Host}'; CertificateAuthority = '/path/ca.crt' }}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_authority_named_in_the_configuration_or_lying_in_a_certificate_folder_is_trusted_for_its_host_alone()
    {
        Serve(isTls: true);
        fixture.Configure(registry!.Host, new RegistryHostSettings { CertificateAuthority = registry.Authority });
        Assert.NotNull(fixture.Receive($"{registry.Host}/team/app:1.0").Name);
        fixture.Settings = fixture.Settings with { Hosts = new Dictionary<string, RegistryHostSettings>() };
        string folder = fixture.Scratch.MakeFolder($"certs.d/{registry.Host}");
        File.Copy(registry.Authority, $"{folder}/ca.crt");
        Assert.NotNull(fixture.Receive($"{registry.Host}/team/app:1.0").Name);
        Directory.Move(folder, fixture.Scratch.MakeFolder("certs.d") + "/other.example");
        Assert.Equal(EngineErrorReason.ConnectionFailed, RegistryFixture.Fails(() => fixture.Receive($"{registry.Host}/team/app:1.0")).Reason);
    }

    [Fact]
    public void A_certificate_for_another_host_is_refused_even_from_a_trusted_authority()
    {
        Serve(isTls: true, certificateFor: "other.example");
        fixture.Configure(registry!.Host, new RegistryHostSettings { CertificateAuthority = registry.Authority });
        EngineException failure = fixture.ReceiveFails($"{registry.Host}/team/app:1.0");
        Assert.Contains("it is for another host", failure.Message, StringComparison.Ordinal);
        fixture.Configure(registry.Host, new RegistryHostSettings { IsInsecure = true });
        Assert.NotNull(fixture.Receive($"{registry.Host}/team/app:1.0").Name);
    }

    [Fact]
    public void A_certificate_authority_that_cannot_be_read_is_a_fault_of_the_configuration()
    {
        Serve(isTls: true);
        fixture.Configure(registry!.Host, new RegistryHostSettings { CertificateAuthority = "/no/such/file" });
        Assert.Equal(EngineErrorReason.InvalidConfiguration, fixture.ReceiveFails($"{registry.Host}/team/app:1.0").Reason);
        fixture.Configure(registry.Host, new RegistryHostSettings { CertificateAuthority = $"{registry.Folder}/config.yml" });
        Assert.Equal(EngineErrorReason.ConnectionFailed, fixture.ReceiveFails($"{registry.Host}/team/app:1.0").Reason);
    }

    [Fact]
    public void A_registry_with_passwords_is_read_once_signed_in()
    {
        Serve(isTls: true, hasPassword: true);
        string name = $"{registry!.Host}/team/app:1.0";
        fixture.Configure(registry.Host, new RegistryHostSettings { CertificateAuthority = registry.Authority });
        EngineException failure = fixture.ReceiveFails(name);
        Assert.Equal(EngineErrorReason.AuthenticationFailed, failure.Reason);
        Assert.Contains($"Sign in: Connect-ContainerRegistry {registry.Host}", failure.Message, StringComparison.Ordinal);

        ImageRegistry door = fixture.Open();
        EngineException wrong = RegistryFixture.Fails(() => door.Login(registry.Host, RealRegistry.User, "wrong", asPlainText: true, TestContext.Current.CancellationToken));
        Assert.Equal(EngineErrorReason.AuthenticationFailed, wrong.Reason);
        Assert.Null(fixture.Credentials.Find(registry.Host));
        Assert.Contains("the user name or the password (or access token) is incorrect", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing was kept", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", wrong.Message, StringComparison.Ordinal);

        door.Login(registry.Host, RealRegistry.User, RealRegistry.Secret, asPlainText: true, TestContext.Current.CancellationToken);
        Assert.Equal("hello", fixture.ReadFile(fixture.Receive(name), 1, "etc/greeting"));

        Assert.True(door.Logout(registry.Host));
        Assert.False(door.Logout(registry.Host));
        Assert.Equal(EngineErrorReason.AuthenticationFailed, RegistryFixture.Fails(() => fixture.Receive(name)).Reason);
        fixture.WriteCredentials(new { auths = new Dictionary<string, object> { [registry.Host] = new { auth = Convert.ToBase64String("user:wrong"u8) } } });
        EngineException refused = RegistryFixture.Fails(() => fixture.Receive(name));
        Assert.Contains("does not accept the credentials", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mirror_is_asked_first_and_the_registry_itself_where_the_mirror_has_nothing_or_is_down()
    {
        Serve();
        using var mirror = new RealRegistry(fixture.Scratch);
        fixture.Configure(registry!.Host, new RegistryHostSettings { Mirrors = [$"http://{mirror.Host}", $"127.0.0.1:{RealRegistry.FreePort()}"] });
        string name = $"{registry.Host}/team/app:1.0";
        Assert.Equal("hello", fixture.ReadFile(fixture.Receive(name), 1, "etc/greeting"));
        Assert.Contains("/v2/team/app/manifests/1.0", mirror.Log, StringComparison.Ordinal);

        fixture.MakeLayout(tag: "mirrored", greeting: "from the mirror");
        mirror.Put("oci:layout:mirrored", "team/app:1.0");
        ImageInfo image = fixture.Receive(name);
        Assert.Equal("from the mirror", fixture.ReadFile(image, 1, "etc/greeting"));
        Assert.Equal(name, image.Name);

        mirror.Stop();
        Assert.Equal("hello", fixture.ReadFile(fixture.Receive(name), 1, "etc/greeting"));
    }

    [Theory]
    [InlineData("ftp://mirror.example")]
    [InlineData("https://mirror.example/with/path")]
    [InlineData("no such host")]
    public void A_mirror_that_is_none_is_a_fault_of_the_configuration(string mirror)
    {
        fixture.Configure("registry.example", new RegistryHostSettings { Mirrors = [mirror] });
        Assert.Equal(EngineErrorReason.InvalidConfiguration, RegistryFixture.Fails(() => fixture.Open()).Reason);
    }

    [Fact]
    public void Of_several_platforms_the_fitting_one_is_taken_and_the_others_are_named_where_none_fits()
    {
        Serve();
        string machine = ImagePlatform.Machine.Architecture, other = machine == "arm64" ? "amd64" : "arm64";
        fixture.MakeLayout("layout", machine, greeting: "mine");
        fixture.MakeLayout("layout", other, greeting: "foreign");
        fixture.Scratch.Shell($"umoci config --image layout:{machine} --architecture {machine} --os linux; umoci config --image layout:{other} --architecture {other} --os linux");
        registry!.Put($"oci:layout:{machine}", "multi/app:mine", "--format oci");
        registry.Put($"oci:layout:{other}", "multi/app:other", "--format oci");
        PutIndex("multi/app", "all", (machine, "mine"), (other, "other"));

        ImageInfo mine = fixture.Receive($"{registry.Host}/multi/app:all");
        Assert.Equal("mine", fixture.ReadFile(mine, 1, "etc/greeting"));
        Assert.Equal(Digest.Of(System.Text.Encoding.UTF8.GetBytes(registry.Inspect("multi/app:all"))), mine.Digest);
        Assert.Equal("foreign", fixture.ReadFile(fixture.Receive($"{registry.Host}/multi/app:all", $"linux/{other}"), 1, "etc/greeting"));
        EngineException failure = RegistryFixture.Fails(() => fixture.Receive($"{registry.Host}/multi/app:all", "linux/s390x"));
        Assert.Equal(EngineErrorReason.NotFound, failure.Reason);
        Assert.Contains($"for linux/s390x. It is there for linux/{machine}, linux/{other}.", failure.Message, StringComparison.Ordinal);
        Assert.Contains("for linux/arm/v7.", RegistryFixture.Fails(() => fixture.Receive($"{registry.Host}/multi/app:all", "linux/arm/v7")).Message, StringComparison.Ordinal);
        failure = RegistryFixture.Fails(() => fixture.Receive($"{registry.Host}/multi/app:other"));
        Assert.EndsWith($"-Platform linux/{other}", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"is for linux/{other}, and this machine is linux/{machine}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_built_in_image_is_in_no_registry() =>
        Assert.Equal(EngineErrorReason.InvalidArgument, fixture.ReceiveFails("host").Reason);

    [Fact]
    public void A_cancelled_pull_leaves_nothing()
    {
        Serve(size: 8 << 20);
        using var source = new CancellationTokenSource();
        EngineException failure = RegistryFixture.Fails(() => fixture.Open().Receive($"{registry!.Host}/team/app:1.0", null, new Sink<LayerProgress>(_ => source.Cancel()), source.Token));
        Assert.Equal(EngineErrorReason.Canceled, failure.Reason);
        fixture.AssertEmpty();
    }

    [Fact]
    public void The_tags_of_a_repository_are_listed()
    {
        Serve();
        for (int i = 0; i < 3; i++)
        {
            registry!.Put("oci:layout:1.0", $"team/app:tag{i}");
        }

        Assert.Equal(["1.0", "tag0", "tag1", "tag2"], fixture.Open().FindTags($"{registry!.Host}/team/app", TestContext.Current.CancellationToken).Order(StringComparer.Ordinal));
        Assert.Equal(EngineErrorReason.NotFound, RegistryFixture.Fails(() => fixture.Open().FindTags($"{registry.Host}/no/such", TestContext.Current.CancellationToken)).Reason);
        Assert.Equal(EngineErrorReason.InvalidArgument, RegistryFixture.Fails(() => fixture.Open().FindTags($"{registry.Host}/team/app:1.0", TestContext.Current.CancellationToken)).Reason);
    }

    private void Serve(string options = "", bool isTls = false, bool hasPassword = false, string certificateFor = "127.0.0.1", int size = 0)
    {
        registry = new RealRegistry(fixture.Scratch, isTls, hasPassword, certificateFor);
        fixture.MakeLayout(size: size);
        registry.Put("oci:layout:1.0", "team/app:1.0", options);
    }

    private void PutIndex(string path, string tag, params (string Architecture, string Tag)[] entries)
    {
        var manifests = entries.Select(entry =>
        {
            byte[] raw = System.Text.Encoding.UTF8.GetBytes(registry!.Inspect($"{path}:{entry.Tag}"));
            return new { mediaType = OciMediaType.Manifest, digest = Digest.Of(raw), size = raw.Length, platform = new { os = "linux", architecture = entry.Architecture } };
        });
        using var client = new HttpClient();
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new { schemaVersion = 2, mediaType = OciMediaType.Index, manifests }));
        content.Headers.ContentType = new(OciMediaType.Index);
        using HttpResponseMessage answer = client.PutAsync($"http://{registry!.Host}/v2/{path}/manifests/{tag}", content).Result;
        Assert.True(answer.IsSuccessStatusCode, answer.Content.ReadAsStringAsync().Result);
    }
}

/// <summary>Reports progress on the thread that makes it.</summary>
internal sealed class Sink<T>(Action<T> action) : IProgress<T>
{
    public void Report(T value) => action(value);
}
