using System.IO.Compression;
using System.Text;
using Containers.Engine.Layers;

namespace Containers.Engine.Tests.Layers;

public sealed class DamagedArchiveTests
{
    [Fact]
    public void An_archive_cut_anywhere_is_refused()
    {
        using var fixture = new ExtractionFixture();
        byte[] whole = new TarBuilder().Folder("d").Pax(("path", "d/pax")).File("x", "content").File("last", new string('y', 700)).End();
        int end = whole.Length - 1024;
        for (int length = 0; length <= end; length += 64)
        {
            fixture.Refused(whole[..length]);
        }

        fixture.Refused(whole[..(end + 511)]);

        // One closing block is a common short form.
        fixture.Extract(whole[..(end + 512)]);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public void A_compressed_archive_that_is_cut_or_changed_is_refused(string tool)
    {
        ScratchFolder.SkipWithout(tool);
        using var fixture = new ExtractionFixture();
        File.WriteAllBytes($"{fixture.Scratch.Path}/plain", new TarBuilder().File("a", string.Concat(Enumerable.Range(0, 9000).Select(i => (char)('!' + (i * i % 90))))).End());
        fixture.Scratch.Shell($"{tool} {(tool == "zstd" ? "--check -q" : string.Empty)} < plain > packed");
        byte[] packed = File.ReadAllBytes($"{fixture.Scratch.Path}/packed");
        fixture.Scratch.Shell("rm plain packed");
        for (int length = 20; length < packed.Length - 12; length += packed.Length / 40)
        {
            fixture.Refused(packed[..length]);
        }

        byte[] changed = [.. packed];
        changed[packed.Length / 2] ^= 0x55;
        fixture.Refused(changed);
    }

    [Fact]
    public void A_header_whose_checksum_is_wrong_is_refused()
    {
        using var fixture = new ExtractionFixture();
        byte[] archive = new TarBuilder().File("a", "1").End();
        archive[0] ^= 1;
        Assert.Contains("checksum", fixture.Refused(archive).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checksum_summed_over_signed_bytes_is_accepted()
    {
        using var fixture = new ExtractionFixture();
        byte[] header = TarBuilder.Header("\u00fc\u00fc", '0');
        long sum = header.Select((b, i) => i is >= 148 and < 156 ? ' ' : (long)(sbyte)b).Sum();
        Encoding.ASCII.GetBytes(TarBuilder.Octal(sum, 6) + "\0 ").CopyTo(header, 148);
        fixture.Extract(new TarBuilder().Raw(header).End());
    }

    [Theory]
    [InlineData("\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00f0")]
    [InlineData("\u0080\u0000\u0000\u0000\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff")]
    [InlineData("\u0080\u0000\u0000\u0000\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff")]
    [InlineData("\u00bf\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff")]
    [InlineData("-0000000001")]
    [InlineData("0x000000010")]
    [InlineData("00000000008")]
    public void A_size_that_is_negative_overflows_or_is_no_number_is_refused(string field)
    {
        using var fixture = new ExtractionFixture();
        fixture.Refused(new TarBuilder().Raw(TarBuilder.Header("a", sizeField: field)).End());
    }

    [Theory]
    [InlineData("size", "-1")]
    [InlineData("size", "99999999999999999999")]
    [InlineData("size", "9223372036854775807")]
    [InlineData("size", "1e3")]
    [InlineData("mtime", "now")]
    [InlineData("mtime", "99999999999999999999")]
    [InlineData("mtime", "1.2.3")]
    [InlineData("uid", "0x0")]
    public void A_pax_number_out_of_range_is_refused(string key, string value)
    {
        using var fixture = new ExtractionFixture();
        fixture.Refused(new TarBuilder().Pax((key, value)).File("a", "x").End());
    }

    [Theory]
    [InlineData("999 path=x\n")]
    [InlineData("x path=y\n")]
    [InlineData("10 path=yz")]
    [InlineData("7 path=\n")]
    [InlineData("5 =a\n")]
    [InlineData("0 path=a\n")]
    [InlineData("4 a\n")]
    [InlineData("99999999999999999999 path=a\n")]
    public void A_pax_record_that_is_malformed_is_refused(string body)
    {
        using var fixture = new ExtractionFixture();
        fixture.Refused(new TarBuilder().Raw(TarBuilder.Header("pax", 'x', body.Length)).Content(Encoding.UTF8.GetBytes(body)).File("a", "1").End());
    }

    [Theory]
    [InlineData("path", "x")]
    [InlineData("linkpath", "x")]
    [InlineData("size", "0")]
    [InlineData("GNU.sparse.map", "0,1")]
    public void A_global_header_that_names_what_no_two_entries_share_is_refused(string key, string value)
    {
        using var fixture = new ExtractionFixture();
        fixture.Refused(new TarBuilder().PaxBytes('g', (key, Encoding.UTF8.GetBytes(value))).File("a", "x").End());
    }

    [Fact]
    public void Global_headers_hold_until_an_entry_says_otherwise()
    {
        using var fixture = new ExtractionFixture();
        fixture.Extract(new TarBuilder()
            .PaxBytes('g', ("uid", "7"u8.ToArray()), ("mtime", "1000.5"u8.ToArray()), ("SCHILY.xattr.user.all", [0, 1, 0x0a, 0xff]))
            .File("a").Pax(("uid", "8")).File("b").Pax(("uid", string.Empty)).File("c").File("d").End());
        Assert.Equal("7 1000.500000000\n8 1000.500000000\n0 1000.500000000\n7 1000.500000000\n", fixture.Scratch.Shell("cd root; stat -c '%u %.9Y' a b c d"));
        Assert.Contains("0x00010aff", fixture.Scratch.Shell("getfattr -e hex -n user.all root/b"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0,600,100,600")]
    [InlineData("100,50,0,50")]
    [InlineData("0,99999999999999")]
    [InlineData("0,5")]
    [InlineData("0")]
    [InlineData("0,-1")]
    [InlineData("9223372036854775807,9223372036854775807")]
    public void A_sparse_map_that_overlaps_or_does_not_fit_is_refused(string map)
    {
        using var fixture = new ExtractionFixture();
        fixture.Refused(new TarBuilder().Pax(("GNU.sparse.size", "1000"), ("GNU.sparse.numblocks", "1"), ("GNU.sparse.map", map), ("GNU.sparse.name", "s")).File("x", new string('a', 100)).End());
    }

    [Fact]
    public void Unknown_types_and_other_volumes_are_refused()
    {
        using var fixture = new ExtractionFixture();
        fixture.Refused(new TarBuilder().Raw(TarBuilder.Header("a", 'Z')).End());
        fixture.Refused(new TarBuilder().Raw(TarBuilder.Header("a", 'M')).End());
        fixture.Refused(new TarBuilder().Raw(TarBuilder.Header("a/", '0', 5)).Content("12345"u8).End());
    }

    [Fact]
    public void More_bytes_than_allowed_end_it()
    {
        using var fixture = new ExtractionFixture();
        var options = new ExtractionOptions { Limits = new ExtractionLimits { MaximumBytes = 1 << 20 } };
        byte[] big = new TarBuilder().File("big", new string('a', 2 << 20)).End();
        fixture.Refused(big, EngineErrorReason.LimitExceeded, options);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(big);
        }

        Assert.Contains("1 MiB", fixture.Refused(packed.ToArray(), EngineErrorReason.LimitExceeded, options).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_decompression_bomb_ends_it_by_its_ratio()
    {
        using var fixture = new ExtractionFixture();
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(TarBuilder.Header("bomb", '0', 64 << 20));
            for (int i = 0; i < 64; i++)
            {
                gzip.Write(new byte[1 << 20]);
            }

            gzip.Write(new byte[1024]);
        }

        // The same goes through where the floor is above it: the ratio is what ends it.
        var options = new ExtractionOptions { Limits = new ExtractionLimits { RatioFloor = 4 << 20 } };
        EngineException failure = fixture.Refused(packed.ToArray(), EngineErrorReason.LimitExceeded, options);
        Assert.Contains("bomb", failure.Message, StringComparison.Ordinal);
        fixture.Extract(packed.ToArray());
    }

    [Fact]
    public void More_entries_than_allowed_end_it_folders_made_on_the_way_included()
    {
        using var fixture = new ExtractionFixture();
        var options = new ExtractionOptions { Limits = new ExtractionLimits { MaximumEntries = 10 } };
        var many = new TarBuilder();
        for (int i = 0; i < 11; i++)
        {
            many.File($"f{i}");
        }

        fixture.Refused(many.End(), EngineErrorReason.LimitExceeded, options);
        fixture.Refused(new TarBuilder().File("a/b/c/d/e/f/g/h/i/j/k").End(), EngineErrorReason.LimitExceeded, options);
    }

    [Fact]
    public void Headers_and_attributes_longer_than_allowed_end_it()
    {
        using var fixture = new ExtractionFixture();
        fixture.Refused(new TarBuilder().Raw(TarBuilder.Header("x", 'L', 1L << 33, sizeField: "77777777777")).End(), EngineErrorReason.LimitExceeded);
        fixture.Refused(new TarBuilder().PaxBytes('x', ("SCHILY.xattr.user.a", new byte[65537])).File("a").End(), EngineErrorReason.LimitExceeded);
        fixture.Refused(
            new TarBuilder().Pax(Enumerable.Range(0, 300).Select(i => ($"SCHILY.xattr.user.a{i}", "x")).ToArray()).File("a").End(), EngineErrorReason.LimitExceeded);
        fixture.Refused(
            new TarBuilder().Pax(("GNU.sparse.size", "10"), ("GNU.sparse.map", "0,0,0,0,0,0,0,0")).File("a").End(),
            EngineErrorReason.LimitExceeded,
            new ExtractionOptions { Limits = new ExtractionLimits { MaximumSparsePieces = 3 } });
    }

    [Fact]
    public void Extended_headers_without_end_are_refused()
    {
        using var fixture = new ExtractionFixture();
        var endless = new TarBuilder();
        for (int i = 0; i < 40; i++)
        {
            endless.Pax(("comment", "again"));
        }

        fixture.Refused(endless.File("a").End());
        fixture.Refused(new TarBuilder().Pax(("comment", "nothing follows")).End());
    }

    [Fact]
    public void A_full_disk_is_told_as_such()
    {
        using var fixture = new ExtractionFixture();
        ScratchFolder.SkipWithout("mount");
        fixture.Scratch.Shell("mount -t tmpfs -o size=256k none root");
        try
        {
            EngineException failure = Assert.Throws<EngineException>(() => fixture.Extract(new TarBuilder().File("big", new string('x', 1 << 20)).End()));
            Assert.Equal(EngineErrorReason.Storage, failure.Reason);
            Assert.Equal(Containers.Interop.Errno.ENOSPC, failure.Errno);
        }
        finally
        {
            fixture.Scratch.Shell("umount root");
        }
    }
}
