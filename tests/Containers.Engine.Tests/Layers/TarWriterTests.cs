using System.Text;
using Containers.Engine.Layers;
using Containers.Interop;
using CsCheck;

namespace Containers.Engine.Tests.Layers;

public sealed class TarWriterTests
{
    private static readonly Gen<byte[]> Component = Gen.Byte.Where(b => b is not (0 or (byte)'/')).Array[1, 255].Where(name => name is not ([(byte)'.'] or [(byte)'.', (byte)'.']));

    private static readonly Gen<byte[]> Path = Component.Array[1, 6].Select(parts => parts.Aggregate((one, other) => [.. one, (byte)'/', .. other]));

    private static readonly Gen<FileTimes> Times =
        Gen.Select(Gen.Long[-9_000_000_000, 90_000_000_000], Gen.OneOf(Gen.Const(0), Gen.Int[0, 999_999_999]), (seconds, nanoseconds) => new FileTimes(null, 0, seconds, nanoseconds));

    private static readonly Gen<ExtendedAttribute[]> Attributes = Gen.Select(
        Gen.OneOf(Gen.OneOfConst("user.a=b", "user.%3D", "user.%25", "user.%41", "security.capability", "user.%").Select(Encoding.ASCII.GetBytes), Gen.Byte[1, 255].Array[1, 200]),
        Gen.Byte.Array[0, 300],
        (name, value) => new ExtendedAttribute(name, value)).Array[0, 3];

    private static readonly Gen<uint> Owner = Gen.OneOf(Gen.UInt[0, 70_000], Gen.UInt[0, uint.MaxValue - 1]);

    private static readonly Gen<(TarEntry Entry, byte[] Content)> Entry = Gen.Select(
        Gen.Enum<TarEntryKind>(), Path, Path, Times, Attributes, Gen.Select(Owner, Owner, Gen.Int[0, 0xfff], Gen.UInt[1, 0xfff], Gen.UInt[0, 0xfffff]), Gen.Byte.Array[0, 1500],
        (kind, name, link, times, attributes, numbers, content) => (
            new TarEntry
            {
                Name = name,
                Kind = kind,
                LinkName = kind is TarEntryKind.HardLink or TarEntryKind.Symlink ? link : [],
                Mode = numbers.Item3,
                Uid = numbers.Item1,
                Gid = numbers.Item2,
                Size = kind == TarEntryKind.Regular ? content.Length : 0,
                StoredSize = kind == TarEntryKind.Regular ? content.Length : 0,
                Times = times,
                Major = kind is TarEntryKind.CharacterDevice or TarEntryKind.BlockDevice ? numbers.Item4 : 0,
                Minor = kind is TarEntryKind.CharacterDevice or TarEntryKind.BlockDevice ? numbers.Item5 : 0,
                Attributes = attributes.DistinctBy(attribute => Encoding.Latin1.GetString(attribute.Name)).ToArray(),
            },
            kind == TarEntryKind.Regular ? content : []));

    [Fact]
    public void Whatever_is_written_is_read_again() => Entry.Array[0, 8].Sample(
        entries =>
        {
            byte[] archive = Write(entries);
            Assert.Equal(0, archive.Length % 512);
            Assert.Equal(archive, Write(entries));
            var reader = new TarReader(new StreamSource(new MemoryStream(archive)), ExtractionLimits.Default);
            foreach ((TarEntry entry, byte[] content) in entries)
            {
                TarEntry read = reader.Next()!;
                Assert.Equal(Encoding.Latin1.GetString(entry.Name), Encoding.Latin1.GetString(read.Name).TrimEnd('/'));
                Assert.Equal(entry.LinkName, read.LinkName);
                Assert.Equal(
                    (entry.Kind, entry.Mode, entry.Uid, entry.Gid, entry.Size, entry.StoredSize, entry.Times, entry.Major, entry.Minor),
                    (read.Kind, read.Mode, read.Uid, read.Gid, read.Size, read.StoredSize, read.Times, read.Major, read.Minor));
                Assert.Equal(Show(entry.Attributes), Show(read.Attributes));
                Assert.Equal(content, ReadAll(reader));
            }

            Assert.Null(reader.Next());
        },
        iter: 2000);

    [Fact]
    public void A_sparse_file_keeps_its_pieces()
    {
        SparsePiece[] pieces = [.. Enumerable.Range(0, 300).Select(i => new SparsePiece(i * 1_000_000L, 3)), new SparsePiece(1L << 40, 0)];
        byte[] content = [.. Enumerable.Range(0, 900).Select(i => (byte)i)];
        var entry = new TarEntry { Name = "dir/sparse"u8.ToArray(), Kind = TarEntryKind.Regular, Size = 1L << 40, StoredSize = content.Length, Pieces = pieces };
        byte[] archive = Write([(entry, content)]);
        var reader = new TarReader(new StreamSource(new MemoryStream(archive)), ExtractionLimits.Default);
        TarEntry read = reader.Next()!;
        Assert.Equal("dir/sparse", Encoding.ASCII.GetString(read.Name));
        Assert.Equal(pieces, read.Pieces);
        Assert.Equal((1L << 40, 900L), (read.Size, read.StoredSize));
        Assert.Equal(content, ReadAll(reader));
        Assert.Null(reader.Next());
    }

    [Fact]
    public void A_file_larger_than_octal_digits_hold_has_its_size_beside()
    {
        var output = new MemoryStream();
        new TarWriter(output).Begin(new TarEntry { Name = "large"u8.ToArray(), Kind = TarEntryKind.Regular, Size = 1L << 33, StoredSize = 1L << 33 });
        TarEntry read = new TarReader(new StreamSource(new MemoryStream(output.ToArray())), ExtractionLimits.Default).Next()!;
        Assert.Equal((1L << 33, 1L << 33), (read.Size, read.StoredSize));
    }

    [Fact]
    public void Missing_and_superfluous_content_are_mistakes_of_the_caller()
    {
        var writer = new TarWriter(new MemoryStream());
        writer.Begin(new TarEntry { Name = "a"u8.ToArray(), Kind = TarEntryKind.Regular, Size = 3, StoredSize = 3 });
        writer.WriteContent("ab"u8);
        Assert.Throws<InvalidOperationException>(() => writer.WriteContent("cd"u8));
        Assert.Throws<InvalidOperationException>(() => writer.Begin(new TarEntry { Name = "b"u8.ToArray(), Kind = TarEntryKind.Folder }));
        Assert.Throws<InvalidOperationException>(writer.Finish);
        writer.WriteContent("c"u8);
        writer.Finish();
    }

    internal static byte[] Write(IEnumerable<(TarEntry Entry, byte[] Content)> entries)
    {
        var output = new MemoryStream();
        var writer = new TarWriter(output);
        foreach ((TarEntry entry, byte[] content) in entries)
        {
            writer.Begin(entry);
            writer.WriteContent(content);
        }

        writer.Finish();
        return output.ToArray();
    }

    private static byte[] ReadAll(TarReader reader)
    {
        var content = new MemoryStream();
        while (true)
        {
            ReadOnlySpan<byte> piece = reader.ReadContent();
            if (piece.IsEmpty)
            {
                return content.ToArray();
            }

            content.Write(piece);
        }
    }

    private static string Show(IEnumerable<ExtendedAttribute> attributes) =>
        string.Join(' ', attributes.Select(one => $"{Convert.ToHexString(one.Name)}={Convert.ToHexString(one.Value)}").Order(StringComparer.Ordinal));
}
