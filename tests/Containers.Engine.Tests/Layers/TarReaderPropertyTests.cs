using System.Text;
using Containers.Engine.Layers;
using CsCheck;

namespace Containers.Engine.Tests.Layers;

public sealed class TarReaderPropertyTests
{
    private static readonly byte[] Seed = MakeSeed();

    /// <summary>Changes to a good archive: bytes set, blocks taken out or doubled, cut, checksums made right again so that the change gets through.</summary>
    private static readonly Gen<byte[]> Mutated =
        from edits in Gen.Select(Gen.Int[0, Seed.Length - 1], Gen.Byte).Array[0, 12]
        from blocks in Gen.Select(Gen.Int[0, (Seed.Length / 512) - 1], Gen.Int[0, 2]).Array[0, 3]
        from cut in Gen.Int[0, Seed.Length * 3]
        from mends in Gen.Bool
        select Mutate(edits, blocks, cut, mends);

    [Fact]
    public void A_changed_archive_is_read_or_refused_but_never_breaks_the_reader() => Mutated.Sample(ReadAll, iter: 20_000, threads: 1);

    [Fact]
    public void Any_bytes_are_read_or_refused() => Gen.Byte.Array[0, 3000].Sample(ReadAll, iter: 5_000, threads: 1);

    [Fact]
    public void Any_header_with_a_right_checksum_is_read_or_refused() =>
        Gen.Byte.Array[512].Sample(block => ReadAll([.. TarBuilder.Checksum([.. block]), .. new byte[1024]]), iter: 20_000, threads: 1);

    [Fact]
    public void Any_pax_body_is_read_or_refused() => Gen.OneOf(Gen.Byte.Array[0, 200], Gen.Char["0123456789 =\npathsize,.-GNU"].Array[0, 200].Select(Encoding.ASCII.GetBytes))
        .Sample(body => ReadAll(new TarBuilder().Raw(TarBuilder.Header("pax", 'x', body.Length)).Content(body).File("a", "b").End()), iter: 20_000, threads: 1);

    [Fact]
    public void What_is_read_does_not_depend_on_how_the_bytes_come() => Gen.Select(Mutated, Gen.Int[1, 1500]).Sample(
        pair => Assert.Equal(Describe(pair.Item1, 128 * 1024), Describe(pair.Item1, pair.Item2)), iter: 3_000, threads: 1);

    [Fact]
    public void A_name_comes_out_as_it_went_in() => Gen.Byte[1, 255].Array[1, 300].Sample(
        name =>
        {
            using var source = new StreamSource(new MemoryStream(new TarBuilder().PaxBytes('x', ("path", name)).File("x").End()));
            Assert.Equal(name, new TarReader(source, ExtractionLimits.Default).Next()!.Name);
        },
        iter: 2_000,
        threads: 1);

    [Fact]
    public void A_checked_path_is_relative_and_has_no_component_that_climbs_or_is_empty() => Gen.Char["./ab\0"].Array[1, 40].Sample(
        text =>
        {
            byte[] bytes = Encoding.ASCII.GetBytes(text);
            try
            {
                string[] components = Encoding.ASCII.GetString(EntryPath.Parse(bytes, bytes, ExtractionLimits.Default).Full).Split('/');
                Assert.True(components is [""] || components.All(component => component is not ("" or "." or "..") && !component.Contains('\0')));
            }
            catch (EngineException failure)
            {
                Assert.Equal(EngineErrorReason.InvalidData, failure.Reason);
                Assert.True(text[0] == '/' || new string(text).Split('/').Contains("..") || text.Contains('\0'));
            }
        },
        iter: 20_000,
        threads: 1);

    [Fact]
    public void A_binary_number_comes_out_as_it_went_in() => Gen.Long.Sample(number =>
    {
        byte[] field = new byte[12];
        Array.Fill(field, number < 0 ? (byte)0xff : (byte)0);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(field.AsSpan(4), number);
        field[0] |= 0x80;
        Assert.True(TarNumber.TryField(field, out long read));
        Assert.Equal(number, read);
    });

    [Theory]
    [InlineData("1234.5", 1234, 500_000_000)]
    [InlineData("-1", -1, 0)]
    [InlineData("-1.5", -2, 500_000_000)]
    [InlineData("-0.000000001", -1, 999_999_999)]
    [InlineData("-1.9999999999", -2, 0)]
    [InlineData("7.1234567899", 7, 123_456_789)]
    [InlineData("0", 0, 0)]
    [InlineData("5.", 5, 0)]
    public void A_pax_time_is_exact_to_the_nanosecond(string text, long seconds, int nanoseconds)
    {
        Assert.True(TarNumber.TryTime(Encoding.ASCII.GetBytes(text), out long readSeconds, out int readNanoseconds));
        Assert.Equal((seconds, nanoseconds), (readSeconds, readNanoseconds));
    }

    private static byte[] MakeSeed() => new TarBuilder()
        .PaxBytes('g', ("comment", "global"u8.ToArray()), ("uid", "5"u8.ToArray()))
        .Folder("d/").File("d/file", new string('x', 600)).Symlink("soft", "d/file").HardLink("hard", "d/file")
        .Pax(("path", "d/" + new string('n', 120)), ("mtime", "1.5"), ("SCHILY.xattr.user.a", "v"), ("LIBARCHIVE.xattr.user.b", "AAE")).File("short", "pax")
        .Raw(TarBuilder.Header("././@LongLink", 'L', 150, magic: "ustar  ")).Content(Encoding.ASCII.GetBytes(new string('l', 149) + "\0")).File("short", "gnu")
        .Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "s"), ("GNU.sparse.realsize", "5000"))
        .Raw(TarBuilder.Header("x", '0', 512 + 10)).Content("2\n0\n5\n4995\n5\n"u8).Content("0123456789"u8)
        .Raw(TarBuilder.Checksum([.. TarBuilder.Header("old", 'S', 4, magic: "ustar  ").AsSpan(0, 386), .. "00000000000\000000000004\0"u8, .. new byte[73], .. "00000000144\0"u8, .. new byte[17]])).Content("abcd"u8)
        .Raw(TarBuilder.Header("c", '3', major: 1, minor: 3))
        .End();

    private static byte[] Mutate((int Offset, byte Value)[] edits, (int Block, int Kind)[] blocks, int cut, bool mends)
    {
        byte[] bytes = [.. Seed];
        foreach ((int offset, byte value) in edits)
        {
            bytes[offset] = value;
            int start = offset / 512 * 512;
            if (mends && bytes.AsSpan(start + 257, 5).SequenceEqual("ustar"u8))
            {
                TarBuilder.Checksum(bytes.AsSpan(start, 512).ToArray()).CopyTo(bytes, start);
            }
        }

        List<byte[]> chunks = [.. bytes.Chunk(512)];
        foreach ((int block, int kind) in blocks)
        {
            int at = Math.Min(block, chunks.Count - 1);
            switch (kind)
            {
                case 0 when chunks.Count > 1:
                    chunks.RemoveAt(at);
                    break;
                case 1:
                    chunks.Insert(at, chunks[at]);
                    break;
            }
        }

        byte[] joined = chunks.SelectMany(chunk => chunk).ToArray();
        return cut < joined.Length ? joined[..cut] : joined;
    }

    private static void ReadAll(byte[] archive) => Describe(archive, 4096);

    private static string Describe(byte[] archive, int chunk)
    {
        var text = new StringBuilder();
        try
        {
            using var source = new StreamSource(new MemoryStream(archive), chunk);
            var reader = new TarReader(source, ExtractionLimits.Default);
            int count = 0;
            while (reader.Next() is { } entry)
            {
                long length = 0;
                ReadOnlySpan<byte> piece;
                while (!(piece = reader.ReadContent()).IsEmpty)
                {
                    length += piece.Length;
                    foreach (byte value in piece)
                    {
                        count = (count * 31) + value;
                    }
                }

                Assert.Equal(entry.StoredSize, length);
                Assert.True(entry.Pieces is null || entry.Pieces.Sum(one => one.Length) == length);
                text.Append(EntryName.Show(entry.Name)).Append(entry.Kind).Append(entry.Mode).Append(entry.Times).Append(entry.Attributes.Count).Append(count).Append('\n');
            }

            reader.Drain();
        }
        catch (EngineException failure)
        {
            text.Append(failure.Message);
        }

        return text.ToString();
    }
}
