using System.Buffers;
using System.Text;
using CsCheck;

namespace Containers.Init;

public sealed unsafe class JsonTextTests
{
    [Fact]
    public void Sequences_are_told_apart_as_the_framework_does()
    {
        Gen<byte> interesting = Gen.OneOfConst<byte>(0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE2, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF);
        Gen.OneOf(interesting, Gen.Byte).Array[1, 5].Sample(
            bytes =>
            {
                int expected = Rune.DecodeFromUtf8(bytes, out _, out int consumed) switch
                {
                    OperationStatus.Done => consumed,
                    OperationStatus.NeedMoreData => JsonText.Incomplete,
                    _ => 0,
                };
                fixed (byte* p = bytes)
                {
                    return JsonText.SequenceLength(p, bytes.Length) == expected;
                }
            },
            iter: 20_000);
    }

    [Theory]
    [InlineData("plain text /'\u007f", "plain text /'\u007f")]
    [InlineData("\"\\\n\r", "\\\"\\\\\\n\\r")]
    [InlineData("\t\b\0\u001b[0m", "\\u0009\\u0008\\u0000\\u001b[0m")]
    [InlineData("<a href=x>&", "\\u003ca href=x\\u003e\\u0026")]
    [InlineData("\u2027\u2028\u2029\u202a", "\u2027\\u2028\\u2029\u202a")]
    [InlineData("ä€𝄞", "ä€𝄞")]
    public void Text_is_escaped_as_docker_does(string text, string expected) =>
        Assert.Equal(expected, Encode(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Every_byte_that_is_no_part_of_UTF_8_becomes_a_replacement_character_of_its_own()
    {
        // An overlong slash, a surrogate, a cut-off euro sign and a stray continuation.
        Assert.Equal("a\\ufffd\\ufffdb", Encode([0x61, 0xC0, 0xAF, 0x62]));
        Assert.Equal("\\ufffd\\ufffd\\ufffd", Encode([0xED, 0xA0, 0x80]));
        Assert.Equal("\\ufffd\\ufffda", Encode([0xE2, 0x82, 0x61]));
        Assert.Equal("\\ufffd", Encode([0x80]));
    }

    /// <summary>Encoded through a whole log, whose record is then stripped of its frame.</summary>
    private static string Encode(byte[] text)
    {
        fixed (byte* p = text)
        {
            using var folder = new LogFolder();
            folder.Append(text);
            folder.End();
            string line = string.Concat(folder.Lines().Select(static l => l[8..l.LastIndexOf("\",\"stream\"", StringComparison.Ordinal)]));
            Assert.Equal(Encoding.UTF8.GetByteCount(line), JsonText.EncodedLength(p, text.Length));
            return line;
        }
    }
}
