using System.Text;
using Containers.Foreground;

namespace Containers.Module.Tests.Foreground;

public sealed class LineDecoderTests
{
    [Theory]
    [InlineData("a\nb\n", "a|b")]
    [InlineData("a\nb", "a|b")]
    [InlineData("", "")]
    [InlineData("\n\n", "|")]
    [InlineData("a\r\nb\rc\n", "a|b\rc")]
    [InlineData("grün 猫 🐈\nend", "grün 猫 🐈|end")]
    public void Lines_are_the_same_in_whatever_chunks_they_come(string text, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var chunk = 1; chunk <= Math.Max(1, bytes.Length); chunk++)
        {
            var decoder = new LineDecoder();
            var lines = new List<string>();
            for (var i = 0; i < bytes.Length; i += chunk)
            {
                lines.AddRange(decoder.Decode(bytes.AsSpan(i, Math.Min(chunk, bytes.Length - i))));
            }

            if (decoder.Finish() is { } last)
            {
                lines.Add(last);
            }

            Assert.Equal(text.Length == 0 ? [] : expected.Split('|'), lines);
        }
    }

    [Fact]
    public void What_is_no_UTF8_becomes_the_replacement_character()
    {
        var decoder = new LineDecoder();

        Assert.Equal(["a\uFFFDb"], decoder.Decode([(byte)'a', 0xFF, (byte)'b', (byte)'\n']));
        Assert.Empty(decoder.Decode([0xE7, 0x8C]));
        Assert.Equal("\uFFFD", decoder.Finish());
    }
}
