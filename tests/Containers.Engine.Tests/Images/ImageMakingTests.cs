using System.Text.Json;
using Containers.Engine.Images;
using Containers.Engine.Storage;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Images;

public sealed class ImageMakingTests : IDisposable
{
    private static readonly DateTimeOffset Epoch = DateTimeOffset.FromUnixTimeSeconds(1_600_000_000);
    private readonly ScratchFolder scratch = new();
    private readonly ImageStore store;

    public ImageMakingTests() => store = new ImageStore(new StorageRoots(State, $"{scratch.Path}/run"), () => []);

    private string State => $"{scratch.Path}/state";

    public void Dispose()
    {
        store.Dispose();
        scratch.Dispose();
    }

    [Fact]
    public void The_same_folder_and_source_date_make_the_same_digests_every_time()
    {
        scratch.Shell(WrittenTree.Everything);
        var options = new ImageMakingOptions { SourceDate = Epoch, Changes = new ImageChanges { Cmd = ["/a"], Labels = new Dictionary<string, string> { ["b"] = "1", ["a"] = "2" }, ExposedPorts = ["80"] } };
        ImageInfo first = Make("one", options);
        Assert.Equal(Epoch, first.CreatedAt);
        store.Remove("one", force: false);
        Assert.Single(store.List());

        // A copy, made later, in which all that is newer than the date is newer still.
        scratch.Shell("cp -a src copy; rm -rf src; find copy -newermt @1600000000 -exec touch -h {} +; mv copy src");
        ImageInfo second = Make("one", options);
        Assert.Equal((first.Id, first.Digest), (second.Id, second.Digest));
        Assert.Equal(first.Layers, second.Layers);
        Assert.NotEqual(first.Id, Make("two", options with { SourceDate = Epoch.AddSeconds(1) }).Id);
    }

    [Fact]
    public void The_image_is_the_folder_for_others_too()
    {
        ScratchFolder.SkipWithout("umoci");
        ScratchFolder.SkipWithout("skopeo");
        scratch.Shell(WrittenTree.Everything);
        ImageInfo image = Make("team/tree:1", new ImageMakingOptions { Changes = new ImageChanges { Entrypoint = ["/bin/x"], Env = new Dictionary<string, string> { ["A"] = "b" }, User = "7:8" } });
        Assert.Equal(TreeListing.Of(scratch, $"{scratch.Path}/src"), TreeListing.Of(scratch, store.LayerFolders(image)[0]));
        scratch.Shell("umoci unpack --image state/images:team/tree:1 bundle");
        Assert.Equal(TreeListing.Of(scratch, $"{scratch.Path}/src"), TreeListing.Of(scratch, $"{scratch.Path}/bundle/rootfs"));
        using JsonDocument inspected = JsonDocument.Parse(scratch.Shell("skopeo inspect --config oci:state/images:team/tree:1"));
        JsonElement config = inspected.RootElement.GetProperty("config");
        Assert.Equal("/bin/x", config.GetProperty("Entrypoint")[0].GetString());
        Assert.Equal("A=b", config.GetProperty("Env")[0].GetString());
        Assert.Equal("7:8", config.GetProperty("User").GetString());
        Assert.Equal(["/bin/x"], image.Configuration.Entrypoint);
    }

    [Fact]
    public void An_archive_becomes_the_layer_as_it_is()
    {
        byte[] archive = new TarBuilder().Folder("./").File("./greeting", "hello").End();
        ImageInfo first = MakeOf(archive);
        store.Remove("a", force: false);
        ImageInfo second = MakeOf(archive);
        Assert.Equal((first.Id, first.Digest), (second.Id, second.Digest));
        Assert.Equal(Digest.Of(archive), Assert.Single(second.Layers));

        ImageInfo MakeOf(byte[] bytes) => store.Make(new MemoryStream(bytes), "a", new ImageMakingOptions { SourceDate = Epoch }, cancellation: TestContext.Current.CancellationToken);
    }

    [Fact]
    public void What_is_excluded_is_not_in_it()
    {
        scratch.Shell("mkdir -p src/var/cache/x src/var/lib; echo 1 > src/var/cache/x/y; echo 2 > src/var/lib/z");
        ImageInfo image = Make("a", new ImageMakingOptions { Excluded = ["./var/cache/", "nowhere"] });
        Assert.Equal("\nvar\nvar/lib\nvar/lib/z\n", scratch.Shell($"find {store.LayerFolders(image)[0]} -printf '%P\\n' | sort"));
        foreach (string wrong in (string[])["/var", "..", "a/../b", "", "."])
        {
            Assert.Equal(EngineErrorReason.InvalidArgument, Assert.Throws<EngineException>(() => Make("b", new ImageMakingOptions { Excluded = [wrong] })).Reason);
        }
    }

    [Fact]
    public void Zeros_that_compress_like_a_bomb_are_taken_from_the_engines_own_writer()
    {
        scratch.Shell("mkdir src; truncate -s 1200M src/zeros; echo end >> src/zeros");
        ImageInfo image = Make("zeros", new ImageMakingOptions());
        Assert.Equal((1200L << 20) + 4, image.Size);
    }

    [Theory]
    [InlineData("mkdir src; echo > src/.wh.x", EngineErrorReason.InvalidData)]
    [InlineData("true", EngineErrorReason.NotFound)]
    [InlineData("echo > src", EngineErrorReason.InvalidArgument)]
    internal void A_failure_leaves_nothing(string making, EngineErrorReason reason)
    {
        scratch.Shell(making);
        Assert.Equal(reason, Assert.Throws<EngineException>(() => Make("a", new ImageMakingOptions())).Reason);
        AssertEmpty();
    }

    [Fact]
    public void A_cancelled_one_leaves_nothing()
    {
        scratch.Shell("mkdir src; head -c 50000000 /dev/urandom > src/x");
        using var ending = new CancellationTokenSource();
        var progress = new Trigger(ending.Cancel);
        Assert.Equal(EngineErrorReason.Canceled, Assert.Throws<EngineException>(() => store.Make($"{scratch.Path}/src", "a", new ImageMakingOptions(), progress, ending.Token)).Reason);
        AssertEmpty();
    }

    [Theory]
    [InlineData("A=B", null, null, null)]
    [InlineData(null, "relative", null, null)]
    [InlineData(null, null, "99999", null)]
    [InlineData(null, null, "80/icmp", null)]
    [InlineData(null, null, null, "relative")]
    public void Wrong_configurations_are_refused(string? variable, string? folder, string? port, string? volume)
    {
        scratch.Shell("mkdir src");
        var changes = new ImageChanges
        {
            Env = variable is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [variable] = "x" },
            WorkingDir = folder,
            ExposedPorts = port is null ? [] : [port],
            Volumes = volume is null ? [] : [volume],
        };
        Assert.Equal(EngineErrorReason.InvalidArgument, Assert.Throws<EngineException>(() => Make("a", new ImageMakingOptions { Changes = changes })).Reason);
        AssertEmpty();
    }

    private ImageInfo Make(string name, ImageMakingOptions options) => store.Make($"{scratch.Path}/src", name, options, cancellation: TestContext.Current.CancellationToken);

    private void AssertEmpty()
    {
        Assert.Single(store.List());
        Assert.Empty(Directory.GetFileSystemEntries($"{State}/staging"));
        Assert.Empty(Directory.GetFileSystemEntries($"{State}/layers"));
        Assert.Empty(Directory.GetFileSystemEntries($"{State}/images/blobs/sha256"));
    }

    private sealed class Trigger(Action action) : IProgress<LayerProgress>
    {
        public void Report(LayerProgress value)
        {
            if (value.Stage == LayerStage.Receiving)
            {
                action();
            }
        }
    }
}
