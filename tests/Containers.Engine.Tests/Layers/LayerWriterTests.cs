using Containers.Engine.Layers;
using Containers.Interop;

namespace Containers.Engine.Tests.Layers;

/// <summary>Layers of real trees come out of every reader as the tree they were made of.</summary>
public sealed class LayerWriterTests : IDisposable
{
    private readonly WrittenTree tree = new();

    public void Dispose() => tree.Dispose();

    [Fact]
    public void A_tree_of_every_kind_of_file_comes_back_from_the_engines_own_reader()
    {
        MakeEverything();
        tree.Write("src", "a.tar");
        tree.Extract("a.tar", "ours");
        Assert.Equal(tree.Listing("src"), tree.Listing("ours"));
    }

    [Fact]
    public void GNU_tar_unpacks_it()
    {
        MakeEverything();
        tree.Write("src", "a.tar");
        tree.Scratch.Shell("mkdir theirs; tar -xpf a.tar --numeric-owner --same-owner --xattrs --xattrs-include='*' -C theirs");
        Assert.Equal(tree.Listing("src"), tree.Listing("theirs"));
    }

    [Fact]
    public void Bsdtar_unpacks_it()
    {
        ScratchFolder.SkipWithout("bsdtar");
        MakeEverything();

        // libarchive reads -1.75 as 1.25 s before 1970, and of long names in no charset of UTF-8's it makes others.
        tree.Scratch.Shell("touch -d @-2 src/size512; touch -d '1999-09-09 09:09:09.987654321' src");
        tree.Write("src", "a.tar");
        tree.Scratch.Shell("mkdir theirs; bsdtar -xpf a.tar --numeric-owner -C theirs");
        Assert.Equal(Comparable(tree.Listing("src")), Comparable(tree.Listing("theirs")));

        // It leaves the folder it unpacks into as it is, and knows no escaped names of attributes.
        static IEnumerable<string> Comparable(List<string> lines) =>
            lines.Where(line => !line.StartsWith(".|", StringComparison.Ordinal) && !line.StartsWith("# file: .", StringComparison.Ordinal) && !line.Contains("user.with", StringComparison.Ordinal) && !line.Contains("user.esc", StringComparison.Ordinal));
    }

    [Fact]
    public void Pythons_tarfile_reads_it()
    {
        ScratchFolder.SkipWithout("python3");
        MakeEverything();
        tree.Write("src", "a.tar");
        tree.Scratch.Shell("""
            python3 -c 'import tarfile
            print(len(tarfile.open("a.tar", errors="surrogateescape").getmembers()))' > count
            test $(cat count) -eq $(find src ! -type s -printf x | wc -c)
            """);
    }

    [Theory]
    [InlineData(LayerCompressionKind.Gzip, "gzip -dc")]
    [InlineData(LayerCompressionKind.Zstd, "zstd -dqc")]
    [InlineData(LayerCompressionKind.None, "cat")]
    internal void Digests_and_sizes_are_those_of_what_was_written_and_the_same_tree_makes_the_same_bytes(LayerCompressionKind compression, string decompressor)
    {
        ScratchFolder.SkipWithout(decompressor.Split(' ')[0]);
        MakeEverything();
        var options = new LayerWriteOptions { Compression = compression };
        WrittenLayer written = tree.Write("src", "a.blob", options);
        Assert.Equal(written.BlobDigest["sha256:".Length..], tree.Scratch.Shell("sha256sum < a.blob")[..64]);
        tree.Scratch.Shell($"{decompressor} < a.blob > a.tar");
        Assert.Equal(written.DiffId["sha256:".Length..], tree.Scratch.Shell("sha256sum < a.tar")[..64]);
        Assert.Equal(new FileInfo($"{tree.Scratch.Path}/a.tar").Length, written.Size);
        Assert.Equal(long.Parse(tree.Scratch.Shell("find src ! -type s -printf x | wc -c").Trim()), written.Entries);

        // Another copy, made in another order, is the same to the nanosecond: then it is the same layer.
        tree.Extract("a.blob", "copy");
        Assert.Equal(written, tree.Write("copy", "b.blob", options));
    }

    [Fact]
    public void A_compressed_layer_names_no_time_and_no_file()
    {
        tree.Scratch.Shell("mkdir src; echo x > src/x");
        tree.Write("src", "a.gz", new LayerWriteOptions { Compression = LayerCompressionKind.Gzip });
        byte[] start = File.ReadAllBytes($"{tree.Scratch.Path}/a.gz")[..10];
        Assert.Equal([0x1f, 0x8b, 8, 0, 0, 0, 0, 0], start[..8]);
    }

    [Fact]
    public void A_tree_as_deep_as_paths_allow_comes_back()
    {
        tree.Scratch.Shell("mkdir src; cd src; for i in $(seq 2040); do mkdir d; cd d; done; echo x > f");
        Assert.Equal(2042, tree.Write("src", "a.tar").Entries);
        tree.Extract("a.tar", "ours");
        Assert.Equal(2042, long.Parse(tree.Scratch.Shell("find ours -printf x | wc -c").Trim()));
    }

    [Fact]
    public void Sockets_are_left_out_and_so_is_what_is_excluded()
    {
        tree.Scratch.Shell("""
            mkdir -p src/keep src/drop/inner src/keep/drop; echo 1 > src/drop/inner/file; echo 2 > src/keep/file; echo 3 > src/keep/drop/file
            python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("src/keep/socket")'
            """);
        tree.Write("src", "a.tar", new LayerWriteOptions { Compression = LayerCompressionKind.None, Excluded = ["drop"u8.ToArray(), "keep/file"u8.ToArray()] });
        Assert.Equal("./\nkeep/\nkeep/drop/\nkeep/drop/file\n", tree.Scratch.Shell("tar -tf a.tar"));
    }

    [Fact]
    public void Later_times_become_the_latest_that_is_allowed()
    {
        tree.Scratch.Shell("mkdir src; touch -d @1000.5 src/old; touch -d @2000.5 src/equal; touch -d @3000.5 src/new; ln -s x src/link; touch -h -d @9000.1 src/link; touch -d @5000 src");
        var options = new LayerWriteOptions { Compression = LayerCompressionKind.None, LatestTime = 2000 };
        WrittenLayer first = tree.Write("src", "a.tar", options);
        tree.Extract("a.tar", "ours");
        Assert.Equal("2000.0000000000 \n2000.0000000000 equal\n2000.0000000000 link\n2000.0000000000 new\n1000.5000000000 old\n", tree.Scratch.Shell("find ours -printf '%T@ %P\\n' | sort -k2"));
        tree.Scratch.Shell("touch -h src/link src/new src/equal src");
        Assert.Equal(first, tree.Write("src", "b.tar", options));
    }

    /// <summary>Docker takes a layer with GNU's sparse files in, but can give it out no more: what it puts together again has another digest.</summary>
    [Fact]
    public void Sparse_files_are_written_whole()
    {
        tree.Scratch.Shell("mkdir src; truncate -s 3M src/hole; printf end >> src/hole");
        tree.Write("src", "a.tar");
        tree.Scratch.Shell("mkdir theirs; tar -xf a.tar -C theirs; cmp src/hole theirs/hole");
        Assert.DoesNotContain("GNU.sparse", tree.Scratch.Shell("head -c 4096 a.tar | tr '\\0' ' '"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo > src/.wh.x", ".wh.x")]
    [InlineData("mkdir src/.wh..wh..opq", ".wh..wh..opq")]
    [InlineData("mknod src/x c 0 0", "overlayfs")]
    [InlineData("mkdir src/m; mount -t tmpfs none src/m", "mounted")]
    [InlineData("echo > src/m; mount --bind /etc/hostname src/m", "mounted")]
    [InlineData("cd src; for i in $(seq 30); do mkdir $(printf 'd%.0s' {1..200}); cd $(printf 'd%.0s' {1..200}); done", "4095")]
    public void What_a_layer_cannot_hold_is_refused(string making, string named)
    {
        tree.Scratch.Shell($"mkdir src; {making}");
        try
        {
            EngineException failure = Assert.Throws<EngineException>(() => tree.Write("src", "a.tar"));
            Assert.Equal(EngineErrorReason.InvalidData, failure.Reason);
            Assert.Contains(named, failure.Message, StringComparison.Ordinal);
        }
        finally
        {
            tree.Scratch.Shell("umount src/m 2>/dev/null || true");
        }
    }

    [Fact]
    public void A_layer_of_more_entries_than_could_be_taken_in_is_refused()
    {
        tree.Scratch.Shell("mkdir src; touch src/{1..20}");
        var options = new LayerWriteOptions { Limits = ExtractionLimits.Default with { MaximumEntries = 20 } };
        Assert.Equal(EngineErrorReason.LimitExceeded, Assert.Throws<EngineException>(() => tree.Write("src", "a.tar", options)).Reason);
        Assert.Equal(21, tree.Write("src", "a.tar", options with { Limits = ExtractionLimits.Default with { MaximumEntries = 21 } }).Entries);
    }

    [Fact]
    public async Task Names_that_change_meanwhile_lead_nowhere_else()
    {
        tree.Scratch.Shell("mkdir -p src/a canary; echo secret > canary/secret; mkdir src/real; ln -s ../canary src/link; for i in $(seq 300); do echo x > src/a/$i; done");
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        string path = tree.Scratch.Path;
        Task swapping = Task.Run(
            () =>
            {
                // What the walk has seen as a folder becomes a link out of the tree, again and again.
                using FileDescriptor folder = ScratchFolder.Open($"{path}/src");
                while (!ending.IsCancellationRequested)
                {
                    Files.Rename(folder.Number, "real", folder.Number, "t");
                    Files.Rename(folder.Number, "link", folder.Number, "real");
                    Files.Rename(folder.Number, "real", folder.Number, "link");
                    Files.Rename(folder.Number, "t", folder.Number, "real");
                }
            },
            TestContext.Current.CancellationToken);
        try
        {
            for (int i = 0; i < 200; i++)
            {
                tree.Write("src", "a.tar");
                Assert.DoesNotContain("secret", tree.Scratch.Shell("tar -tf a.tar"), StringComparison.Ordinal);
            }
        }
        finally
        {
            await ending.CancelAsync();
            await swapping;
        }
    }

    [Fact]
    public void A_file_that_shrinks_meanwhile_is_told_and_one_that_grows_is_cut()
    {
        tree.Scratch.Shell("mkdir src; head -c 50000000 /dev/zero > src/file");
        string file = $"{tree.Scratch.Path}/src/file";
        Assert.Equal(EngineErrorReason.Busy, Assert.Throws<EngineException>(() => WriteDuring(() => File.WriteAllText(file, "short"))).Reason);
        tree.Scratch.Shell("head -c 50000000 /dev/zero > src/file");
        WriteDuring(() => File.AppendAllText(file, "more"));
        Assert.Equal("50000000", tree.Scratch.Shell("tar -tvf a.tar file | awk '{ print $3 }'").Trim());

        void WriteDuring(Action change)
        {
            using FileStream output = File.Create($"{tree.Scratch.Path}/a.tar");
            using var trigger = new TriggerStream(output, 2_000_000, change);
            using FileDescriptor root = ScratchFolder.Open($"{tree.Scratch.Path}/src");
            _ = LayerWriter.Write(root, trigger, new LayerWriteOptions { Compression = LayerCompressionKind.None }, TestContext.Current.CancellationToken);
        }
    }

    private void MakeEverything()
    {
        ScratchFolder.SkipWithout("setcap");
        ScratchFolder.SkipWithout("setfattr");
        tree.Scratch.Shell(WrittenTree.Everything);
        tree.Scratch.Shell(FidelityTests.Attributes);
        tree.Scratch.Shell("setfattr -n user.per%cent -v x src/folder; setfattr -n user.esc%3D -v y src/folder; if command -v setfacl >/dev/null; then setfacl -m u:1234:rx,g:99:r src/folder/file; setfacl -d -m u:7:rwx src/empty; fi; touch -d '1999-09-09 09:09:09.987654321' src");
    }
}
