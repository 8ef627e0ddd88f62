using Containers.Engine.Layers;
using Containers.Interop;

namespace Containers.Engine.Tests.Layers;

/// <summary>Archives by real archivers of a tree with every kind of file come out as the archiver itself unpacks them.</summary>
public sealed class FidelityTests
{
    internal const string MakeTree = """
        mkdir -p src; cd src
        mkdir -p folder/sub empty mode; echo content > folder/file; echo inner > folder/sub/inner
        printf 'no newline' > 'name with blanks'; printf x > $'bad-\xff\xfe-utf8'; printf y > $'tab\tnewline\nname'; printf z > 'ünïcode-名前'
        echo -n > zero; head -c 511 /dev/urandom > size511; head -c 512 /dev/urandom > size512; head -c 513 /dev/urandom > size513; head -c 3000001 /dev/urandom > big
        chmod 4755 zero; chmod 2755 folder/sub; chmod 1777 mode; chmod 0 size511; chmod 6711 size512; chmod 400 size513
        chown 1234:5678 folder/file; chown 2000000:2000001 big; chmod 4711 big; chown -h 77:88 . 
        ln -s folder/file soft; ln -s /etc/passwd absolute; ln -s ../../../outside climbing; ln -s nowhere dangling; chown -h 42:43 soft
        ln folder/file hard1; ln folder/file folder/sub/hard2; ln soft hard-soft
        mkfifo pipe; mknod char c 1 3; mknod block b 7 99; mknod bigminor c 511 1048575; chmod 640 char; chown 3:4 block; chmod 622 pipe
        touch -d '2001-02-03 04:05:06.123456789' folder/file; touch -d '1969-12-31 23:59:58.25' size512; touch -d '2040-01-01 00:00:00.5' size513
        touch -h -d '2005-05-05 05:05:05.555555555' soft; touch -d '2011-11-11 11:11:11.111111111' pipe char block
        LONG
        touch -d '1999-09-09 09:09:09.987654321' folder/sub folder empty mode .
        """;

    internal const string LongNames = """
        n=$(printf 'a%.0s' {1..99}); echo 1 > $n; n=$(printf 'b%.0s' {1..100}); echo 2 > $n; n=$(printf 'c%.0s' {1..101}); echo 3 > $n; n=$(printf 'd%.0s' {1..255}); echo 4 > $n
        mkdir -p $(printf 'dir%.0s' {1..60})/$(printf 'e%.0s' {1..200}); echo 5 > $(printf 'dir%.0s' {1..60})/$(printf 'e%.0s' {1..200})/$(printf 'f%.0s' {1..250})
        ln -s $(printf 't/%.0s' {1..900}) longlink; ln $(printf 'd%.0s' {1..255}) $(printf 'g%.0s' {1..255})
        """;

    internal const string Attributes = """
        (cd src; setfattr -n user.text -v hello folder/file; setfattr -n user.binary -v 0x00ff0a3d00 folder; setfattr -n user.empty folder/sub; setfattr -n user.with=equals%25 -v x big
        setfattr -n trusted.thing -v 0x0001 big; setfattr -h -n trusted.onlink -v 1 soft; setfattr -n user.large -v 0x$(head -c 2000 /dev/urandom | od -An -tx1 | tr -d ' \n') size511
        setcap cap_net_raw,cap_net_admin+ep big; touch -d '1999-09-09 09:09:09.987654321' .)
        """;

    internal const string Sparse = """
        (cd src; truncate -s 5M hole; truncate -s 1M tail-hole; printf start | dd of=tail-hole conv=notrunc status=none
        for i in $(seq 0 40); do printf data$i | dd of=many bs=64K seek=$((i*3)) conv=notrunc status=none; done
        truncate -s 9G giant; printf end | dd of=giant bs=1 seek=9663676413 conv=notrunc status=none; head -c 100000 /dev/urandom | dd of=giant bs=1M seek=4096 conv=notrunc status=none
        head -c 65536 /dev/urandom > dense; truncate -s 0 none)
        """;

    [Theory]
    [InlineData("tar --numeric-owner --format=gnu", true)]
    [InlineData("tar --numeric-owner --format=pax", true)]
    [InlineData("tar --numeric-owner --format=posix --pax-option=delete=atime,delete=ctime", true)]
    [InlineData("tar --numeric-owner --format=oldgnu", true)]
    [InlineData("bsdtar --format=pax", true)]
    [InlineData("bsdtar --format=gnutar", true)]
    [InlineData("tar --numeric-owner --format=ustar", false)]
    [InlineData("bsdtar --format=ustar", false)]
    [InlineData("tar --numeric-owner --format=v7", false)]
    public void A_tree_of_every_kind_of_file(string archiver, bool hasLongNames)
    {
        ScratchFolder.SkipWithout(archiver.Split(' ')[0]);
        using var scratch = new ScratchFolder();
        string tree = MakeTree.Replace("LONG", hasLongNames ? LongNames : string.Empty, StringComparison.Ordinal);
        if (!hasLongNames)
        {
            // These formats hold neither large numbers nor times before 1970, and V7 no special files.
            tree += "\nchown 5:6 big; rm bigminor";
            tree += archiver.Contains("v7", StringComparison.Ordinal) ? "; rm pipe char block" : string.Empty;
            tree += "\ntouch -d @5 size512; touch -d @936867949 .";
        }

        if (archiver.StartsWith("bsdtar", StringComparison.Ordinal) && hasLongNames)
        {
            // libarchive writes 1.75 s before 1970 as -2.25.
            tree += "\ntouch -d @-2 size512; touch -d '1999-09-09 09:09:09.987654321' .";
        }

        scratch.Shell(tree);
        scratch.Shell($"{archiver} -cf a.tar -C src .");

        // Each archiver judges its own: GNU tar loses folders' times in the order in which bsdtar writes.
        Compare(scratch, archiver.StartsWith("bsdtar", StringComparison.Ordinal) ? "bsdtar -xpf a.tar -C theirs" : "tar -xpf a.tar --numeric-owner --same-owner -C theirs");
    }

    [Theory]
    [InlineData("--format=gnu --sparse")]
    [InlineData("--format=pax --sparse --sparse-version=0.0")]
    [InlineData("--format=pax --sparse --sparse-version=0.1")]
    [InlineData("--format=pax --sparse --sparse-version=1.0")]
    [InlineData("--format=oldgnu --sparse")]
    public void Sparse_files_of_GNU_tar_with_their_holes(string options)
    {
        using var scratch = new ScratchFolder();
        scratch.Shell("mkdir src" + Environment.NewLine + Sparse);
        scratch.Shell($"tar {options} -cf a.tar -C src .");
        Assert.True(new FileInfo($"{scratch.Path}/a.tar").Length < 2 << 20, "the archive itself is not sparse");
        Compare(scratch, "tar -xpf a.tar -C theirs", withBlocks: true);
        Assert.True(long.Parse(scratch.Shell("stat -c %b ours/giant").Trim()) < 1000);
        scratch.Shell("for f in hole tail-hole many dense none; do cmp src/$f ours/$f; done; tail -c 3 ours/giant | grep -q end; cmp -n 100000 -i 4294967296 src/giant ours/giant");
    }

    [Fact]
    public void Sparse_files_of_bsdtar_with_their_holes()
    {
        ScratchFolder.SkipWithout("bsdtar");
        using var scratch = new ScratchFolder();
        scratch.Shell("mkdir src" + Environment.NewLine + Sparse);
        scratch.Shell("bsdtar --format=pax -cf a.tar -C src .");
        Compare(scratch, "bsdtar -xpf a.tar -C theirs", withBlocks: true);
    }

    [Theory]
    [InlineData("tar --format=pax --xattrs --xattrs-include=*")]
    [InlineData("bsdtar --format=pax --xattrs")]
    public void Extended_attributes_with_binary_values_and_file_capabilities(string archiver)
    {
        ScratchFolder.SkipWithout(archiver.Split(' ')[0]);
        ScratchFolder.SkipWithout("setcap");
        ScratchFolder.SkipWithout("setfattr");
        using var scratch = new ScratchFolder();
        scratch.Shell(MakeTree.Replace("LONG", string.Empty, StringComparison.Ordinal));
        scratch.Shell(Attributes);
        scratch.Shell($"{archiver} -cf a.tar -C src .");
        ExtractOurs(scratch);

        // The archive's makers do not all restore what they wrote: the tree itself is the oracle.
        Assert.Contains(TreeListing.Of(scratch, $"{scratch.Path}/src"), line => line.Contains("security.capability=0x", StringComparison.Ordinal));
        List<string> expected = TreeListing.Of(scratch, $"{scratch.Path}/src").Where(line => line.StartsWith("# file", StringComparison.Ordinal)).ToList();
        Assert.Equal(expected, TreeListing.Of(scratch, $"{scratch.Path}/ours").Where(line => line.StartsWith("# file", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("PAX_FORMAT")]
    [InlineData("GNU_FORMAT")]
    public void A_tree_as_pythons_tarfile_writes_it(string format)
    {
        ScratchFolder.SkipWithout("python3");
        using var scratch = new ScratchFolder();
        scratch.Shell(MakeTree.Replace("LONG", LongNames, StringComparison.Ordinal));
        scratch.Shell($"""
            python3 -c 'import tarfile
            t = tarfile.open("a.tar", "w", format=tarfile.{format}, errors="surrogateescape", pax_headers={"{"}"comment": "a global header"{"}"})
            t.add("src", arcname=".")
            t.close()'
            """);
        Compare(scratch, "tar -xpf a.tar --numeric-owner --same-owner -C theirs");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd -q")]
    [InlineData("zstd -q --ultra -22 --long=27")]
    public void Compressed_in_one_piece_and_in_several(string compressor)
    {
        ScratchFolder.SkipWithout(compressor.Split(' ')[0]);
        using var scratch = new ScratchFolder();
        scratch.Shell(MakeTree.Replace("LONG", string.Empty, StringComparison.Ordinal));
        scratch.Shell($"tar --format=pax -cf plain.tar -C src .; {compressor} < plain.tar > a.tar");
        Compare(scratch, "tar -xpf plain.tar --numeric-owner -C theirs");
        scratch.Shell($"rm -rf ours theirs; split -b 1000000 plain.tar part.; for p in part.*; do {compressor} < $p; done > a.tar");
        Compare(scratch, "tar -xpf plain.tar --numeric-owner -C theirs");
    }

    [Fact]
    public void Zstd_frames_that_are_to_be_skipped_may_come_first()
    {
        ScratchFolder.SkipWithout("zstd");
        using var scratch = new ScratchFolder();
        scratch.Shell("mkdir src; echo x > src/x; tar -cf plain.tar -C src .; { printf '\\x53\\x2a\\x4d\\x18\\x04\\x00\\x00\\x00abcd'; zstd -q < plain.tar; } > a.tar");
        ExtractOurs(scratch);
        Assert.Equal("x\n", File.ReadAllText($"{scratch.Path}/ours/x"));
    }

    [Theory]
    [InlineData("xz", "xz")]
    [InlineData("bzip2", "bzip2")]
    public void A_compression_that_is_not_read_is_named(string tool, string named)
    {
        ScratchFolder.SkipWithout(tool);
        using var scratch = new ScratchFolder();
        scratch.Shell($"mkdir src; echo x > src/x; tar -c -C src . | {tool} > a.tar");
        EngineException failure = Assert.Throws<EngineException>(() => ExtractOurs(scratch));
        Assert.Equal(EngineErrorReason.NotSupported, failure.Reason);
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_later_entry_replaces_an_earlier_one_and_a_folder_keeps_what_is_in_it()
    {
        using var fixture = new ExtractionFixture();
        fixture.Extract(new TarBuilder()
            .Folder("d").File("d/kept", "1").Folder("d")
            .Folder("was-folder").File("was-folder/gone", "1").File("was-folder", "file")
            .File("was-file", "x").Folder("was-file").File("was-file/inner", "y")
            .Symlink("was-link", "d").File("was-link", "z")
            .End());
        Assert.Equal("d d \nd/kept f \nwas-file d \nwas-file/inner f \nwas-folder f \nwas-link f \n", fixture.Listing());
    }

    [Fact]
    public void A_folder_that_no_entry_names_is_made_as_root_has_it()
    {
        using var fixture = new ExtractionFixture();
        fixture.Extract(new TarBuilder().File("a/b/c", "x").End());
        Assert.Equal("755 0:0\n755 0:0\n", fixture.Scratch.Shell("stat -c '%a %u:%g' root/a root/a/b"));
    }

    [Fact]
    public void A_read_only_folder_takes_its_files_and_keeps_its_mode_and_time()
    {
        using var fixture = new ExtractionFixture();
        fixture.Extract(new TarBuilder().Raw(TarBuilder.Header("ro", '5', mode: 0x16D)).File("ro/x", "1").Folder("ro/y").End());
        Assert.Equal("555 1700000000\n", fixture.Scratch.Shell("stat -c '%a %Y' root/ro"));
    }

    private static void Compare(ScratchFolder scratch, string oracle, bool withBlocks = false)
    {
        ExtractOurs(scratch);
        scratch.MakeFolder("theirs");
        scratch.Shell(oracle);
        if (withBlocks)
        {
            // A file of many pieces takes one block more once it is written back.
            scratch.Shell("sync -f .");
        }

        List<string> expected = TreeListing.Of(scratch, $"{scratch.Path}/theirs", withBlocks);
        List<string> actual = TreeListing.Of(scratch, $"{scratch.Path}/ours", withBlocks);
        if (oracle.StartsWith("bsdtar", StringComparison.Ordinal))
        {
            // bsdtar leaves the folder it unpacks into as it is: there the source is the oracle.
            expected.RemoveAll(line => line.StartsWith(".|", StringComparison.Ordinal));
            actual.RemoveAll(line => line.StartsWith(".|", StringComparison.Ordinal));
            Assert.Equal(scratch.Shell("stat -c '%a %u %g %Y' src"), scratch.Shell("stat -c '%a %u %g %Y' ours"));
        }

        Assert.True(expected.Count > 8, "the oracle lists nothing");
        Assert.Equal(expected, actual);
    }

    private static void ExtractOurs(ScratchFolder scratch)
    {
        scratch.MakeFolder("ours");
        using FileStream archive = File.OpenRead($"{scratch.Path}/a.tar");
        using FileDescriptor root = ScratchFolder.Open($"{scratch.Path}/ours");
        LayerExtractor.Extract(archive, root, ExtractionOptions.RootFileSystem, TestContext.Current.CancellationToken);
    }
}
