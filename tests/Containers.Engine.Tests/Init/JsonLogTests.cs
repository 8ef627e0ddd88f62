using System.Buffers;
using System.Text;
using CsCheck;

namespace Containers.Init;

public sealed class JsonLogTests
{
    private static readonly Gen<byte[]> Chunk = Gen.OneOf(
        Gen.Byte.Array[0, 40],
        Gen.OneOfConst<byte>((byte)'a', (byte)'\n', (byte)'"', 0xE2, 0x82, 0xAC, 0x80, 0xF0, 0x9F, 0x98).Array[0, 40],
        Gen.Int[1, 40_000].Select(static n => Enumerable.Repeat((byte)'x', n).ToArray()),
        Gen.Int[1, 8_000].Select(static n => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("€", n)))),
        Gen.Int[1, 3_000].Select(static n => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("line\n", n)))),
        Gen.Int[1, 20_000].Select(static n => Enumerable.Repeat((byte)0xFF, n).ToArray()));

    [Fact]
    public void A_record_has_dockers_fields_in_dockers_order()
    {
        using var folder = new LogFolder();
        folder.Append("hello\n");
        Assert.Matches("^\\{\"log\":\"hello\\\\n\",\"stream\":\"stdout\",\"time\":\"20[0-9-]{8}T[0-9:]{8}(\\.[0-9]{0,8}[1-9])?Z\"\\}$", Assert.Single(folder.Lines()));
    }

    [Fact]
    public void Whatever_the_bytes_and_however_they_come_the_log_says_the_same()
    {
        Gen.Select(Chunk, Gen.Bool).Array[0, 12].Sample(
            chunks =>
            {
                using var folder = new LogFolder();
                foreach ((byte[] bytes, bool isError) in chunks)
                {
                    folder.Append(bytes, isError ? JsonLog.StandardError : JsonLog.StandardOutput);
                }

                folder.End();
                Assert.Equal(Decode(chunks.Where(static c => !c.Item2)), folder.Text("stdout"));
                Assert.Equal(Decode(chunks.Where(static c => c.Item2)), folder.Text("stderr"));
                Assert.Equal(0, folder.Dropped);
                foreach ((string text, string _) in folder.Records())
                {
                    Assert.InRange(text.IndexOf('\n', StringComparison.Ordinal), -1, text.Length - 1);
                    Assert.True(!text.Contains('\n', StringComparison.Ordinal) || text.IndexOf('\n', StringComparison.Ordinal) == text.Length - 1);
                }
            },
            iter: 150);
    }

    [Fact]
    public void Chunks_of_one_byte_make_the_same_records_as_one_chunk()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(new string('y', 20_000) + "€\nshort\n\n\nlast");
        using var whole = new LogFolder();
        using var pieces = new LogFolder();
        whole.Append(bytes);
        whole.End();
        foreach (byte b in bytes)
        {
            pieces.Append([b]);
        }

        pieces.End();
        Assert.Equal(whole.Records(), pieces.Records());
    }

    [Theory]
    [InlineData(JsonLog.MaxRecord - 1, 1)]
    [InlineData(JsonLog.MaxRecord, 2)]
    [InlineData((2 * JsonLog.MaxRecord) - 1, 2)]
    [InlineData(2 * JsonLog.MaxRecord, 3)]
    public void A_line_of_more_than_16_KiB_is_several_records_and_only_the_last_ends_it(int length, int records)
    {
        using var folder = new LogFolder();
        folder.Append(new string('z', length) + "\n");
        (string Text, string Stream)[] read = folder.Records();
        Assert.Equal(records, read.Length);
        Assert.All(read[..^1], static r => Assert.DoesNotContain("\n", r.Text, StringComparison.Ordinal));
        Assert.EndsWith("\n", read[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_character_at_the_limit_of_a_record_is_not_cut()
    {
        for (int shift = 0; shift < 4; shift++)
        {
            using var folder = new LogFolder();
            string text = new string('a', shift) + string.Concat(Enumerable.Repeat("𝄞", 9_000)) + "\n";
            folder.Append(text);
            Assert.Equal(text, folder.Text());
        }
    }

    [Fact]
    public void An_unfinished_line_waits_for_its_end_and_is_a_record_when_the_stream_ends()
    {
        using var folder = new LogFolder();
        folder.Append("no newline");
        Assert.Empty(folder.Lines());
        folder.Append("error\n", JsonLog.StandardError);
        folder.End();
        Assert.Equal([("error\n", "stderr"), ("no newline", "stdout")], folder.Records());
        folder.End();
        Assert.Equal(2, folder.Lines().Length);
    }

    [Fact]
    public void What_one_read_brought_is_one_write()
    {
        int writes = 0;
        using var folder = new LogFolder();
        Sys.Intercept = (number, _) =>
        {
            writes += number == SysNr.Write ? 1 : 0;
            return null;
        };
        try
        {
            folder.Append(string.Concat(Enumerable.Repeat("a short line\n", 100)));
        }
        finally
        {
            Sys.Intercept = null;
        }

        Assert.Equal(1, writes);
        Assert.Equal(100, folder.Lines().Length);
    }

    /// <summary>Each byte that is no part of valid UTF-8 is one U+FFFD, as Go has it.</summary>
    private static string Decode(IEnumerable<(byte[] Bytes, bool IsError)> chunks)
    {
        byte[] bytes = [.. chunks.SelectMany(static c => c.Bytes)];
        var text = new StringBuilder();
        for (int i = 0; i < bytes.Length;)
        {
            bool valid = Rune.DecodeFromUtf8(bytes.AsSpan(i), out Rune rune, out int consumed) == OperationStatus.Done;
            text.Append(valid ? rune.ToString() : "\ufffd");
            i += valid ? consumed : 1;
        }

        return text.ToString();
    }
}
