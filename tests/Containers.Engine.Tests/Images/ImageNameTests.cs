using Containers.Engine.Images;

namespace Containers.Engine.Tests.Images;

public sealed class ImageNameTests
{
    private const string Sha = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("debian", "debian", "latest")]
    [InlineData("debian:12", "debian", "12")]
    [InlineData("a/b-c/d__e.f:V1.0_x-y", "a/b-c/d__e.f", "V1.0_x-y")]
    [InlineData("localhost/x", "localhost/x", "latest")]
    [InlineData("localhost:5000/x:y", "localhost:5000/x", "y")]
    [InlineData("Registry.Example.org:5000/team/app:1.0", "Registry.Example.org:5000/team/app", "1.0")]
    [InlineData("[::1]:5000/app", "[::1]:5000/app", "latest")]
    [InlineData("127.0.0.1:5000/app", "127.0.0.1:5000/app", "latest")]
    [InlineData("a---b", "a---b", "latest")]
    public void A_name_is_split_into_its_parts(string text, string repository, string tag)
    {
        ImageName name = ImageName.Parse(text);
        Assert.Equal((repository, tag, null), (name.Repository, name.Tag, name.Digest));
        Assert.Equal($"{repository}:{tag}", name.ToString());
    }

    [Fact]
    public void A_digest_may_stand_alone_or_after_a_tag()
    {
        Assert.Equal((null, Sha), (ImageName.Parse($"debian@{Sha}").Tag, ImageName.Parse($"debian@{Sha}").Digest));
        Assert.Equal(("12", Sha), (ImageName.Parse($"debian:12@{Sha}").Tag, ImageName.Parse($"debian:12@{Sha}").Digest));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData(":tag")]
    [InlineData("a:")]
    [InlineData("A")]
    [InlineData("a/B")]
    [InlineData("a//b")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("../a")]
    [InlineData("a/../b")]
    [InlineData("a/.")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a..b")]
    [InlineData("a___b")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("a\0b")]
    [InlineData("a:b:c")]
    [InlineData("a:.x")]
    [InlineData("a:-x")]
    [InlineData("a:b/c:d e")]
    [InlineData("ünï")]
    [InlineData("a@sha256:12")]
    [InlineData("a@md5:0123456789abcdef0123456789abcdef")]
    [InlineData("a@sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("host.example:port/a")]
    [InlineData("host.example:123456/a")]
    [InlineData("-host.example/a")]
    [InlineData("--rm")]
    public void What_is_no_name_is_refused(string text) =>
        Assert.Equal(EngineErrorReason.InvalidArgument, Assert.Throws<EngineException>(() => ImageName.Parse(text)).Reason);

    [Theory]
    [InlineData("http://registry.example:5000/app", "leave 'http://' out")]
    [InlineData("docker://debian:12", "leave 'docker://' out")]
    [InlineData("debian@sha256:12", "[:TAG][@DIGEST]")]
    public void It_is_said_what_to_write_instead(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<EngineException>(() => ImageName.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Lengths_are_bounded()
    {
        Assert.Equal(128, ImageName.Parse("a:" + new string('x', 128)).Tag!.Length);
        Assert.Throws<EngineException>(() => ImageName.Parse("a:" + new string('x', 129)));
        Assert.Equal(255, ImageName.Parse(new string('x', 255)).Repository.Length);
        Assert.Throws<EngineException>(() => ImageName.Parse(new string('x', 256)));
    }
}
