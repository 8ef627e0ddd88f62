using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Registry;
using CsCheck;

namespace Containers.Engine.Tests.Registry;

/// <summary>Names, platforms, and documents of any content.</summary>
public sealed class RegistryParsingTests
{
    [Theory]
    [InlineData("debian", "docker.io", "library/debian", "latest")]
    [InlineData("team/app:1.0", "docker.io", "team/app", "1.0")]
    [InlineData("docker.io/debian", "docker.io", "library/debian", "latest")]
    [InlineData("localhost/app", "localhost", "app", "latest")]
    [InlineData("registry.example:5000/a/b/c:d", "registry.example:5000", "a/b/c", "d")]
    [InlineData("[::1]:5000/app", "[::1]:5000", "app", "latest")]
    public void A_name_leads_to_a_registry_and_a_repository(string name, string host, string path, string tag)
    {
        RegistryReference reference = RegistryReference.Parse(name);
        Assert.Equal((host, path, tag), (reference.Host, reference.Path, reference.Key));
    }

    [Theory]
    [InlineData("docker.io", "https://registry-1.docker.io/v2/", false)]
    [InlineData("localhost", "https://localhost/v2/", true)]
    [InlineData("localhost:5000", "https://localhost:5000/v2/", true)]
    [InlineData("127.1.2.3:5000", "https://127.1.2.3:5000/v2/", true)]
    [InlineData("[::1]:5000", "https://[::1]:5000/v2/", true)]
    [InlineData("registry.example", "https://registry.example/v2/", false)]
    [InlineData("localhost.example", "https://localhost.example/v2/", false)]
    [InlineData("127.0.0.1.example", "https://127.0.0.1.example/v2/", false)]
    [InlineData("10.0.0.1:5000", "https://10.0.0.1:5000/v2/", false)]
    public void Only_this_machine_may_be_spoken_to_without_TLS_where_nothing_is_configured(string host, string address, bool mayBePlain)
    {
        RegistryEndpoint endpoint = RegistryEndpoint.Origin(host, new RegistrySettings());
        Assert.Equal((new Uri(address), mayBePlain), (endpoint.At("/v2/"), endpoint.MayBePlain));
    }

    [Theory]
    [InlineData("http://0.0.0.0/x", true)]
    [InlineData("http://[::]/x", true)]
    [InlineData("http://2130706433/x", true)]
    [InlineData("http://0x7f.1/x", true)]
    [InlineData("http://a.localhost./x", true)]
    [InlineData("http://[::ffff:127.0.0.1]/x", true)]
    [InlineData("http://cdn.example/x", false)]
    public void Addresses_of_this_machine_are_known_in_every_spelling(string address, bool isThisMachine) =>
        Assert.Equal(isThisMachine, RegistryAddress.IsThisMachine(new Uri(address)));

    [Theory]
    [InlineData("linux/amd64", "linux/amd64", 0)]
    [InlineData("arm64", "linux/arm64/v8", 0)]
    [InlineData("linux/x86_64", "linux/amd64", 0)]
    [InlineData("aarch64", "linux/arm64", 0)]
    [InlineData("linux/arm/v7", "linux/arm/v6", 1)]
    [InlineData("linux/arm", "linux/arm/v7", 0)]
    [InlineData("linux/arm/v6", "linux/arm/v7", null)]
    [InlineData("linux/amd64", "linux/amd64/v3", null)]
    [InlineData("linux/amd64/v3", "linux/amd64/v3", 0)]
    [InlineData("linux/amd64", "windows/amd64", null)]
    [InlineData("linux/amd64", "linux/arm64", null)]
    public void Platforms_are_told_apart_as_images_name_them(string wanted, string there, int? distance) =>
        Assert.Equal(distance, ImagePlatform.Parse(wanted).Distance(ImagePlatform.Parse(there)));

    [Theory]
    [InlineData("linux/arm/v7", "linux/arm/v7")]
    [InlineData("armhf", "linux/arm/v7")]
    [InlineData("linux/arm/v6", "linux/arm/v6")]
    [InlineData("linux/arm64/v8", "linux/arm64")]
    public void A_platform_is_shown_with_the_variant_that_counts(string text, string shown) => Assert.Equal(shown, ImagePlatform.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("a/b/c/d")]
    [InlineData("linux/")]
    [InlineData("linux/amd64\u001b[2J")]
    public void What_is_no_platform_is_refused(string text) =>
        Assert.Equal(EngineErrorReason.InvalidArgument, RegistryFixture.Fails(() => ImagePlatform.Parse(text)).Reason);

    [Theory]
    [InlineData("https://registry.example")]
    [InlineData("registry.example/path")]
    [InlineData("..")]
    [InlineData("registry.example:99999999")]
    [InlineData("a b")]
    public void What_is_no_host_is_refused(string text) =>
        Assert.Equal(EngineErrorReason.InvalidArgument, RegistryFixture.Fails(() => RegistryAddress.Check(text)).Reason);

    [Fact]
    public void A_damaged_manifest_is_refused_by_the_engines_own_failure_and_nothing_else()
    {
        byte[] manifest = new ScriptedImage(size: 100).Manifest;
        Gen.Select(Gen.Int[0, manifest.Length - 1], Gen.Byte, Gen.Int[0, manifest.Length]).Array[1, 4].Sample(
            edits =>
            {
                byte[] damaged = [.. manifest];
                foreach ((int at, byte value, int cut) in edits)
                {
                    damaged[Math.Min(at, damaged.Length - 1)] = value;
                    damaged = cut > manifest.Length * 3 / 4 && cut < damaged.Length ? damaged[..cut] : damaged;
                }

                try
                {
                    RemoteManifest read = RemoteManifest.Read(damaged, OciMediaType.Manifest, "app");
                    return !read.IsIndex && read.Document.Layers!.TrueForAll(layer => Digest.IsValid(layer.Digest) && layer.Size >= 0);
                }
                catch (EngineException failure)
                {
                    return !failure.Message.Any(char.IsControl);
                }
            },
            iter: 3000);
    }

    [Fact]
    public void Any_challenge_ends_and_stays_small() => Gen.String[Gen.Char[" \t,=\"\\abBearer realm"], 0, 300].Sample(
        header => AuthenticationChallenge.Parse([header]).Sum(challenge => challenge.Parameters.Sum(pair => Encoding.UTF8.GetByteCount(pair.Key + pair.Value))) <= 2 * header.Length,
        iter: 3000);
}
