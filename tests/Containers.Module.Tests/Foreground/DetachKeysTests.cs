using System.Text;
using Containers.Foreground;

namespace Containers.Module.Tests.Foreground;

/// <summary>The keys that detach.</summary>
public sealed class DetachKeysTests
{
    [Theory]
    [InlineData("ctrl-p,ctrl-q", "\u0010\u0011")]
    [InlineData("ctrl-P", "\u0010")]
    [InlineData("ctrl-a,d", "\u0001d")]
    [InlineData("ctrl-@,ctrl-_", "\0\u001f")]
    [InlineData("", "")]
    public void Keys_are_read_as_docker_writes_them(string text, string bytes) => Assert.Equal(Encoding.ASCII.GetBytes(bytes), DetachKeys.Parse(text));

    [Theory]
    [InlineData("ctrl-")]
    [InlineData("ctrl-1")]
    [InlineData("alt-x")]
    [InlineData("ab")]
    [InlineData("a,,b")]
    [InlineData("\u0001")]
    public void What_is_no_key_is_refused(string text) => Assert.Throws<FormatException>(() => DetachKeys.Parse(text));

    [Theory]
    [InlineData("abc", "abc", false)]
    [InlineData("ab\u0010\u0011cd", "ab", true)]
    [InlineData("\u0010x", "\u0010x", false)]
    [InlineData("\u0010\u0010\u0011", "\u0010", true)]
    [InlineData("a\u0010", "a", false)]
    public void What_is_typed_in_vain_goes_on(string typed, string passed, bool isDetached)
    {
        foreach (var pieces in (string[][])[[typed], [.. typed.Select(key => key.ToString())]])
        {
            var keys = new DetachKeys(DetachKeys.Parse(DetachKeys.Default));
            var got = new List<byte>();
            var found = false;
            foreach (var piece in pieces)
            {
                found = found || keys.Take(Encoding.ASCII.GetBytes(piece), got);
            }

            Assert.Equal((passed, isDetached), (Encoding.ASCII.GetString(got.ToArray()), found));
        }
    }

    [Fact]
    public void A_sequence_that_repeats_itself_is_found_wherever_it_begins()
    {
        var keys = new DetachKeys(DetachKeys.Parse("a,a,b"));
        var got = new List<byte>();
        Assert.True(keys.Take("xaaab"u8, got));
        Assert.Equal("xa"u8.ToArray(), got);
    }

    [Fact]
    public void Without_keys_everything_goes_on()
    {
        var got = new List<byte>();
        Assert.False(new DetachKeys([]).Take("\u0010\u0011"u8, got));
        Assert.Equal("\u0010\u0011"u8.ToArray(), got);
    }
}
