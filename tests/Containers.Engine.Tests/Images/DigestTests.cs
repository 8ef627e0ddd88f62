using Containers.Engine.Images;

namespace Containers.Engine.Tests.Images;

public sealed class DigestTests
{
    [Fact]
    public void Chain_ids_follow_the_specification()
    {
        // ChainID(L0|L1) = Digest(ChainID(L0) + " " + DiffID(L1)), computed with sha256sum.
        const string one = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        const string two = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
        Assert.Equal([one, "sha256:ccd722928bd92476ba1745586fed6e45a102504185ad88cd89e01ff116fd146c"], Digest.ChainIds([one, two]));
    }

    [Theory]
    [InlineData("sha256:")]
    [InlineData("../../etc/passwd")]
    [InlineData("sha256:../../../../../../../../../../../../../../../../../../../../../etc/pass")]
    [InlineData("sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_no_digest_never_becomes_a_file_name(string text)
    {
        Assert.False(Digest.IsValid(text));
        Assert.Throws<EngineException>(() => Digest.Hex(text));
    }
}
