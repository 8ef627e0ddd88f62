using Containers.Engine.Layers;

namespace Containers.Engine.Tests.Layers;

/// <summary>Layers between the engine, umoci, Docker and containers/storage, both ways.</summary>
public sealed class PeerLayerTests : IDisposable
{
    internal const string MakeUpper = """
        mkdir lower upper work merged; cd lower
        mkdir -p dir/sub opaque gone-folder replaced emptied 'odd name'; for f in gone kept dir/gone dir/kept dir/sub/x opaque/hidden gone-folder/x replaced/x was-file 'odd name/ü' emptied/one emptied/two; do echo "low $f" > "$f"; done
        ln kept hard-low; n=$(printf 'w%.0s' {1..253}); echo long > $n; mkdir -p $n-; ln -s kept soft-gone; chown 5:6 dir; setfattr -n user.low -v 1 kept; cd ..
        mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged; cd merged
        rm gone dir/gone soft-gone 'odd name/ü' $n; rm -r opaque gone-folder replaced; mkdir opaque; echo new > opaque/new; echo file > replaced; rm was-file; mkdir was-file; echo inner > was-file/inner
        rm -r emptied; mkdir emptied; chown 1234:1235 kept; chmod 4711 hard-low; echo added > dir/sub/added; chmod 1777 dir; ln dir/sub/added link-added; mkfifo pipe; mknod null c 1 3
        setfattr -n user.high -v 0x00ff0a kept; setcap cap_net_raw+ep hard-low; touch -d '2001-02-03 04:05:06.123456789' dir/sub/added dir/sub dir opaque; cd ..
        """;

    private readonly WrittenTree tree = new();

    public void Dispose()
    {
        tree.Scratch.Shell("for m in merged again theirs-merged; do mountpoint -q $m && umount $m; done; true");
        tree.Dispose();
    }

    [Fact]
    public void An_upper_folder_as_a_layer_over_the_same_lower_one_is_the_same_tree()
    {
        WriteUpper();
        tree.Extract("upper.tar", "ours");
        tree.Scratch.Shell("mkdir again; mount -t overlay overlay -o lowerdir=ours:lower again");
        Assert.Equal(tree.Listing("merged"), tree.Listing("again"));
        string entries = tree.Scratch.Shell("tar -tf upper.tar");
        Assert.Contains("\nopaque/\nopaque/.wh..wh..opq\nopaque/new\n", entries, StringComparison.Ordinal);
        Assert.Contains("\n.wh.gone\n", entries, StringComparison.Ordinal);
        Assert.Contains("\ndir/.wh.gone\n", entries, StringComparison.Ordinal);
        Assert.DoesNotContain("trusted.overlay", tree.Scratch.Shell("tar --xattrs --xattrs-include='*' -tvvf upper.tar; strings -a upper.tar"), StringComparison.Ordinal);

        // What was unpacked is an upper folder again, and makes the same layer.
        tree.Write("ours", "again.tar", Upper);
        tree.Scratch.Shell("cmp <(tar -tvf upper.tar | grep -v '\\.wh\\.') <(tar -tvf again.tar | grep -v '\\.wh\\.'); cmp <(tar -tf upper.tar) <(tar -tf again.tar)");
    }

    [Theory]
    [InlineData("redirect_dir=on", "mv merged/a merged/b", "redirect_dir")]
    [InlineData("metacopy=on", "chmod 600 merged/a/file", "metacopy")]
    public void An_upper_folder_of_an_overlay_with_other_features_is_refused(string feature, string change, string named)
    {
        tree.Scratch.Shell($"mkdir lower upper work merged; mkdir lower/a; echo x > lower/a/file; mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work,{feature} merged; {change}");
        EngineException failure = Assert.Throws<EngineException>(() => tree.Write("upper", "upper.tar", Upper));
        Assert.Equal(EngineErrorReason.NotSupported, failure.Reason);
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Attributes_by_which_a_container_would_steer_an_overlay_are_left_out()
    {
        tree.Scratch.Shell("mkdir src; echo x > src/file; setfattr -n user.overlay.opaque -v y src; setfattr -n user.overlay.redirect -v /etc src/file; setfattr -n user.kept -v 1 src/file");
        tree.Write("src", "a.tar", Upper);
        tree.Extract("a.tar", "ours");
        Assert.Contains("user.kept", tree.Scratch.Shell("getfattr -R -d -m - ours"), StringComparison.Ordinal);
        Assert.DoesNotContain("overlay", tree.Scratch.Shell("getfattr -R -d -m - ours"), StringComparison.Ordinal);
    }

    [Fact]
    public void Umoci_unpacks_a_tree_and_an_upper_folder()
    {
        ScratchFolder.SkipWithout("umoci");
        WriteUpper();
        tree.Write("lower", "lower.tar");
        tree.Scratch.Shell("umoci init --layout oci; umoci new --image oci:x; umoci raw add-layer --image oci:x lower.tar; umoci raw add-layer --image oci:x upper.tar; umoci unpack --image oci:x bundle");
        Assert.Equal(tree.Listing("merged"), tree.Listing("bundle/rootfs"));
    }

    [Fact]
    public void Umoci_unpacks_a_tree_of_every_kind_of_file()
    {
        ScratchFolder.SkipWithout("umoci");
        tree.Scratch.Shell(WrittenTree.Everything);
        tree.Scratch.Shell(FidelityTests.Attributes);

        // Go's reader takes an attribute without a value for one that is taken back, and knows no escaped names.
        tree.Scratch.Shell("setfattr -x user.with=equals%25 src/big; setfattr -x user.empty src/folder/sub; touch -d '1999-09-09 09:09:09.987654321' src");
        tree.Write("src", "a.tar");
        tree.Scratch.Shell("umoci init --layout oci; umoci new --image oci:x; umoci raw add-layer --image oci:x a.tar; umoci unpack --image oci:x bundle");
        Assert.Equal(tree.Listing("src"), tree.Listing("bundle/rootfs"));
    }

    [Fact]
    public void The_engine_unpacks_what_umoci_repacks()
    {
        ScratchFolder.SkipWithout("umoci");
        tree.Scratch.Shell(WrittenTree.Everything);
        tree.Write("src", "a.tar");
        tree.Scratch.Shell("""
            umoci init --layout oci; umoci new --image oci:x; umoci raw add-layer --image oci:x a.tar; umoci unpack --image oci:x bundle
            cd bundle/rootfs; rm -r folder/sub 'name with blanks' soft; echo changed > folder/file; chmod 700 empty; mkdir new; echo n > new/n; setfattr -n user.x -v y new/n; rm pipe; mkdir pipe; echo p > pipe/p
            cd ../..; umoci repack --image oci:x bundle
            manifest=$(umoci stat --json --image oci:x >/dev/null; sed 's/.*"digest":"sha256:\([0-9a-f]*\)".*/\1/' oci/index.json)
            grep -o '"digest":"sha256:[0-9a-f]*"' oci/blobs/sha256/$manifest | sed 's/.*sha256:\([0-9a-f]*\)".*/\1/' | tail -n +2 > layers; cp oci/blobs/sha256/$(sed -n 1p layers) 1.blob; cp oci/blobs/sha256/$(sed -n 2p layers) 2.blob
            """);
        tree.Extract("1.blob", "one");
        tree.Extract("2.blob", "two");
        tree.Scratch.Shell("mkdir again; mount -t overlay overlay -o lowerdir=two:one again");

        // umoci rounds times to seconds.
        Assert.Equal(
            TreeListing.Of(tree.Scratch, $"{tree.Scratch.Path}/bundle/rootfs", withTimes: false), TreeListing.Of(tree.Scratch, $"{tree.Scratch.Path}/again", withTimes: false));
    }

    [Fact]
    public void Docker_unpacks_a_tree_and_an_upper_folder_and_gives_them_out_unchanged()
    {
        WriteUpper();
        tree.Write("lower", "lower.tar");
        tree.Scratch.Shell(WrittenTree.Everything);
        tree.Scratch.Shell(FidelityTests.Attributes);

        // Docker knows no times before 1970.
        tree.Scratch.Shell("touch -d @5 src/size512");
        tree.Write("src", "src.tar");
        tree.MakeDockerArchive("changed.tar", "changed:1", "lower.tar", "upper.tar");
        tree.MakeDockerArchive("everything.tar", "everything:1", "src.tar");
        using var docker = new DockerDaemon(tree.Scratch);
        docker.Shell("""
            docker load -qi changed.tar; docker load -qi everything.tar
            ln -s $(docker image inspect everything:1 -f '{{.GraphDriver.Data.UpperDir}}') everything
            mkdir theirs-merged; mount -t overlay overlay -o lowerdir=$(docker image inspect changed:1 -f '{{.GraphDriver.Data.UpperDir}}'):$(docker image inspect changed:1 -f '{{.GraphDriver.Data.LowerDir}}') theirs-merged
            """);
        Assert.Equal(OfDocker(tree.Listing("merged")), OfDocker(tree.Listing("theirs-merged")));
        Assert.Equal(OfDocker(tree.Listing("src")), OfDocker(tree.Listing("everything/.")));

        // Docker keeps no layer's bytes: it puts them together again, and finds the same digests.
        docker.Shell("""
            umount theirs-merged; mkdir saved; docker save changed:1 everything:1 | tar -xC saved
            for layer in lower upper src; do find saved -name layer.tar -type f -exec sha256sum {} + | grep -q $(sha256sum < $layer.tar | cut -d' ' -f1) || { echo "no $layer"; exit 1; }; done
            """);
    }

    [Fact]
    public void The_engine_unpacks_what_docker_commits()
    {
        Assert.SkipUnless(File.Exists("/bin/busybox"), "busybox (statically linked) is not installed");
        tree.Scratch.Shell("mkdir -p src/bin src/d src/e src/proc src/dev src/sys; cp /bin/busybox src/bin/; ln -s busybox src/bin/sh; for f in src/d/gone src/d/kept src/e/x; do echo $f > $f; done; chown 3:4 src/d/kept");
        tree.Write("src", "src.tar");
        tree.MakeDockerArchive("image.tar", "base:1", "src.tar");
        using var docker = new DockerDaemon(tree.Scratch);
        docker.Shell("""
            docker load -qi image.tar; docker create --name container --network none base:1 sh >/dev/null
            upper=$(docker inspect container -f '{{.GraphDriver.Data.UpperDir}}'); lower=$(docker inspect container -f '{{.GraphDriver.Data.LowerDir}}'); work=$(dirname $upper)/scratch; mkdir $work
            mkdir merged; mount -t overlay overlay -o lowerdir=$lower,upperdir=$upper,workdir=$work merged
            (cd merged; rm d/gone; rm -r e; mkdir e; echo new > e/new; chmod 600 d/kept; mknod null c 1 3; ln e/new hard; ln -s x soft; setcap cap_net_raw+ep e/new); umount merged; rm -r $work
            docker commit container changed:1 >/dev/null; mkdir saved; docker save changed:1 | tar -xC saved
            i=0; for layer in $(sed 's/.*"Layers":\[\([^]]*\)\].*/\1/; s/[",]/ /g' saved/manifest.json); do i=$((i+1)); cp saved/$layer $i.blob; done
            ln -s $(docker image inspect changed:1 -f '{{.GraphDriver.Data.UpperDir}}') top
            """);
        tree.Extract("1.blob", "one");
        tree.Extract("2.blob", "two");
        Assert.Equal(tree.Listing("src"), tree.Listing("one"));
        Assert.Equal(Comparable(tree.Listing("top/.")), Comparable(tree.Listing("two")));
        tree.Scratch.Shell("rm top; grep -q new two/e/new; test $(stat -c %h two/hard) = 2; getfattr -n trusted.overlay.opaque two/e; test -c two/d/gone; test ! -e two/e/x");

        static IEnumerable<string> Comparable(List<string> lines) => lines.Where(line => !line.Contains("trusted.overlay", StringComparison.Ordinal) && !line.StartsWith(".|", StringComparison.Ordinal)
            && !line.StartsWith("./dev", StringComparison.Ordinal)).Select(line => line.Contains("|c 0 ", StringComparison.Ordinal) ? line[..line.IndexOf('|', StringComparison.Ordinal)] : line);
    }

    private static LayerWriteOptions Upper => new() { Source = LayerSourceKind.OverlayUpper, Compression = LayerCompressionKind.None };

    private void WriteUpper()
    {
        ScratchFolder.SkipWithout("setcap");
        ScratchFolder.SkipWithout("setfattr");
        tree.Scratch.Shell(MakeUpper);
        tree.Write("upper", "upper.tar", Upper);
    }

    // Docker keeps of extended attributes those of file capabilities only, and leaves the root as it has it.
    private static IEnumerable<string> OfDocker(List<string> lines) => lines
        .Where(line => (!line.StartsWith("# file", StringComparison.Ordinal) || line.Contains("security.capability", StringComparison.Ordinal)) && !line.StartsWith(".|", StringComparison.Ordinal));
}
