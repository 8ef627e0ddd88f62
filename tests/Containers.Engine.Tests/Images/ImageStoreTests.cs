using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Containers.Engine.Images;
using Containers.Engine.Storage;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Images;

public sealed class ImageStoreTests : IDisposable
{
    private const string Debian = "/var/tmp/pscontainers-test-inputs/debian.tar";
    private readonly ScratchFolder scratch = new();
    private readonly List<(string ContainerName, string ImageId, IReadOnlyList<string> Layers)> uses = [];
    private readonly ImageStore store;

    public ImageStoreTests() => store = Open();

    private string State => $"{scratch.Path}/state";

    public void Dispose()
    {
        store.Dispose();
        scratch.Dispose();
    }

    [Fact]
    public void An_import_makes_an_image_that_is_found_by_name_id_and_prefix()
    {
        ImageInfo image = Import("team/app:1.0", Archive("hello"), new ImageChanges { Cmd = ["/bin/app", "-x"], Env = new Dictionary<string, string> { ["A"] = "b" }, User = "app", Labels = new Dictionary<string, string> { ["k"] = "v" } });
        Assert.Equal("team/app:1.0", image.Name);
        Assert.Equal(image, store.Get("team/app:1.0"));
        Assert.Equal(image, store.Get(image.Id));
        Assert.Equal(image, store.Get(image.Id["sha256:".Length..]));
        Assert.Equal(image, store.Get(image.Id["sha256:".Length..][..12]));
        Assert.Equal(image, store.Get($"team/app@{image.Digest}"));
        Assert.Equal(["/bin/app", "-x"], image.Configuration.Cmd);
        Assert.Equal("v", image.Configuration.Labels["k"]);
        Assert.Equal("app", image.Configuration.User);
        Assert.Equal(5, image.Size);
        string files = Assert.Single(store.LayerFolders(image));
        Assert.Equal("hello", File.ReadAllText($"{files}/etc/greeting"));
        using ImageStore other = Open();
        Assert.Equal(image.Id, other.Get("team/app:1.0").Id);
        Assert.Equal(["host", "team/app:1.0"], other.List().Select(one => one.Name));
    }

    [Fact]
    public void A_name_without_a_tag_is_latest()
    {
        ImageInfo image = Import("debian", Archive("x"));
        Assert.Equal("debian:latest", image.Name);
        Assert.Equal(image.Id, store.Get("debian").Id);
        Assert.Equal(EngineErrorReason.NotFound, Fails(() => store.Get("debian:12")).Reason);
        Assert.Equal(EngineErrorReason.NotFound, Fails(() => store.Get("ubuntu")).Reason);
        Assert.Equal(EngineErrorReason.InvalidArgument, Fails(() => store.Get("Not A Name")).Reason);
        Assert.Equal(EngineErrorReason.InvalidArgument, Fails(() => store.Get("sha256:xyz")).Reason);
    }

    [Fact]
    public void The_built_in_image_is_always_there_and_can_be_neither_removed_nor_imported()
    {
        Assert.True(store.Get("host").IsBuiltIn);
        Assert.True(Assert.Single(store.List()).IsBuiltIn);
        Assert.Empty(store.LayerFolders(store.Get("host")));
        Assert.Equal(EngineErrorReason.InvalidArgument, Fails(() => store.Remove("host", force: true)).Reason);
        Assert.Equal(EngineErrorReason.InvalidArgument, Fails(() => Import("host", Archive("x"))).Reason);
        Assert.Equal(EngineErrorReason.InvalidArgument, Fails(() => Import("host:1", Archive("x"))).Reason);
    }

    [Theory]
    [InlineData("gzip -n")]
    [InlineData("zstd -q")]
    [InlineData("cat")]
    public void The_layout_holds_the_archive_as_it_came_with_true_digests(string compressor)
    {
        ScratchFolder.SkipWithout(compressor.Split(' ')[0]);
        byte[] archive = Archive("content");
        File.WriteAllBytes($"{scratch.Path}/a.tar", archive);
        scratch.Shell($"{compressor} < a.tar > a.packed");
        byte[] packed = File.ReadAllBytes($"{scratch.Path}/a.packed");
        ImageInfo image = Import("a", packed);

        JsonElement manifest = Blob(image.Digest!);
        JsonElement layer = manifest.GetProperty("layers")[0];
        Assert.Equal(Digest.Of(packed), layer.GetProperty("digest").GetString());
        Assert.Equal(packed.Length, layer.GetProperty("size").GetInt32());
        Assert.Equal(packed, File.ReadAllBytes($"{State}/images/blobs/sha256/{Digest.Hex(layer.GetProperty("digest").GetString()!)}"));
        JsonElement config = Blob(manifest.GetProperty("config").GetProperty("digest").GetString()!);
        Assert.Equal(Digest.Of(archive), config.GetProperty("rootfs").GetProperty("diff_ids")[0].GetString());
        Assert.Equal("linux", config.GetProperty("os").GetString());
        foreach (string file in Directory.GetFiles($"{State}/images/blobs/sha256"))
        {
            Assert.Equal(Path.GetFileName(file), Digest.Hex(Digest.Of(File.ReadAllBytes(file))));
        }
    }

    [Fact]
    public void Skopeo_and_umoci_read_the_layout()
    {
        ScratchFolder.SkipWithout("skopeo");
        ScratchFolder.SkipWithout("umoci");
        ImageInfo image = Import("team/debian:12", Archive("seen by others"), new ImageChanges { Cmd = ["/bin/sh"], Env = new Dictionary<string, string> { ["PATH"] = "/bin" } });
        using JsonDocument inspected = JsonDocument.Parse(scratch.Shell("skopeo inspect oci:state/images:team/debian:12"));
        Assert.Equal(image.Digest, inspected.RootElement.GetProperty("Digest").GetString());
        Assert.Equal("PATH=/bin", inspected.RootElement.GetProperty("Env")[0].GetString());
        scratch.Shell("skopeo copy --quiet oci:state/images:team/debian:12 oci:copied:x; umoci unpack --image copied:x bundle");
        Assert.Equal("seen by others", File.ReadAllText($"{scratch.Path}/bundle/rootfs/etc/greeting"));
        scratch.Shell("umoci stat --image state/images:team/debian:12");
    }

    [Fact]
    public void An_import_under_a_present_name_takes_it_away_from_the_old_image()
    {
        ImageInfo old = Import("app", Archive("old"));
        ImageInfo renewed = Import("app", Archive("new"));
        Assert.Equal(renewed.Id, store.Get("app").Id);
        Assert.Null(store.Get(old.Id).Name);
        Assert.Equal(["host", "app:latest", null], store.List().Select(image => image.Name));
        store.Remove(old.Id, force: false);
        Assert.Equal(2, store.List().Count);
        Assert.Equal("new", File.ReadAllText($"{store.LayerFolders(renewed)[0]}/etc/greeting"));
        Assert.Single(Directory.GetDirectories($"{State}/layers"));
    }

    [Fact]
    public void Removing_an_image_removes_its_blobs_and_layers_but_none_that_another_needs()
    {
        byte[] shared = Archive("shared");
        ImageInfo one = Import("one", shared, new ImageChanges { Cmd = ["a"] });
        ImageInfo two = Import("two", shared, new ImageChanges { Cmd = ["b"] });
        ImageInfo three = Import("three", Archive("three"));
        Assert.NotEqual(one.Id, two.Id);
        Assert.Equal(one.Layers, two.Layers);
        Assert.Equal(2, Directory.GetDirectories($"{State}/layers").Length);

        store.Remove("one", force: false);
        Assert.Equal("shared", File.ReadAllText($"{store.LayerFolders(two)[0]}/etc/greeting"));
        store.Remove("three", force: false);
        Assert.Equal(EngineErrorReason.Storage, Fails(() => store.LayerFolders(three)).Reason);
        Assert.Single(Directory.GetDirectories($"{State}/layers"));
        store.Remove(two.Id, force: false);
        Assert.Empty(Directory.GetFileSystemEntries($"{State}/layers"));
        Assert.Empty(Directory.GetFileSystemEntries($"{State}/images/blobs/sha256"));
        Assert.Empty(Directory.GetFileSystemEntries($"{State}/staging"));
    }

    [Fact]
    public void An_image_in_use_is_not_removed_and_with_force_only_loses_its_name()
    {
        ImageInfo image = Import("app", Archive("x"));
        uses.Add(("web", image.Id, image.Layers));
        EngineException busy = Fails(() => store.Remove("app", force: false));
        Assert.Equal(EngineErrorReason.Busy, busy.Reason);
        Assert.Contains("web", busy.Message, StringComparison.Ordinal);

        store.Remove("app", force: true);
        Assert.Equal(EngineErrorReason.NotFound, Fails(() => store.Get("app")).Reason);
        Assert.Single(store.LayerFolders(store.Get(image.Id)));
        Assert.Equal(EngineErrorReason.Busy, Fails(() => store.Remove(image.Id, force: true)).Reason);

        uses.Clear();
        store.Remove(image.Id, force: false);
        Assert.Empty(Directory.GetFileSystemEntries($"{State}/layers"));
    }

    [Fact]
    public void A_prefix_of_several_ids_is_ambiguous()
    {
        var byFirst = new Dictionary<char, string>();
        for (int i = 0; ; i++)
        {
            ImageInfo image = Import($"app:{i}", Archive($"{i}"));
            char first = image.Id["sha256:".Length];
            if (!byFirst.TryAdd(first, image.Id))
            {
                Assert.Equal(EngineErrorReason.Ambiguous, Fails(() => store.Get($"{first}")).Reason);
                Assert.Equal(image.Id, store.Get(image.Id).Id);
                return;
            }
        }
    }

    [Fact]
    public void A_failed_import_leaves_nothing()
    {
        byte[] good = Archive("fine");
        byte[][] bad = [good[..700], [], Encoding.UTF8.GetBytes("not an archive at all"), new TarBuilder().File("a", "1").File("../b", "2").End()];
        foreach (byte[] archive in bad)
        {
            Assert.Equal(EngineErrorReason.InvalidData, Fails(() => Import("bad", archive)).Reason);
            AssertEmpty();
        }
    }

    [Fact]
    public void A_cancelled_import_leaves_nothing_and_says_so()
    {
        using var cancellation = new CancellationTokenSource();
        using var endless = new EndlessArchive(() => cancellation.CancelAfter(50));
        EngineException failure = Fails(() => store.Make(endless, "endless", new ImageMakingOptions(), null, cancellation.Token));
        Assert.Equal(EngineErrorReason.Canceled, failure.Reason);
        AssertEmpty();
    }

    [Fact]
    public void What_a_killed_import_left_is_swept_and_what_a_living_one_works_on_is_not()
    {
        // A folder that nobody holds is what a kill leaves at any instant: the kernel freed the lock.
        scratch.Shell("mkdir -p state/staging/dead/layer/fs/etc; echo half > state/staging/dead/layer/fs/etc/x; echo y > state/staging/dead/blob");
        scratch.Shell("mkdir -p state/staging/living/layer");
        using (Containers.Interop.FileDescriptor living = ScratchFolder.Open($"{State}/staging/living"))
        {
            Assert.True(Containers.Interop.Files.Lock(living, wait: false, "living"));
            _ = Import("app", Archive("x"));
            Assert.Equal(["living"], Directory.GetDirectories($"{State}/staging").Select(Path.GetFileName));
        }

        store.Sweep();
        Assert.Empty(Directory.GetFileSystemEntries($"{State}/staging"));
    }

    [Fact]
    public void Imports_and_removals_at_the_same_time_leave_a_whole_store()
    {
        byte[] archive = Archive("many");
        Parallel.For(0, 24, new ParallelOptions { MaxDegreeOfParallelism = 6 }, i =>
        {
            using ImageStore mine = Open();
            using var stream = new MemoryStream(archive);
            _ = mine.Make(stream, $"app:{i}", new ImageMakingOptions { Changes = new ImageChanges { Cmd = [$"{i}"] } }, null, CancellationToken.None);
            if (i % 2 == 0)
            {
                mine.Remove($"app:{i}", force: false);
            }
        });
        Assert.Equal(13, store.List().Count);
        foreach (ImageInfo image in store.List().Where(image => !image.IsBuiltIn))
        {
            Assert.Equal("many", File.ReadAllText($"{store.LayerFolders(image)[0]}/etc/greeting"));
        }

        Assert.Single(Directory.GetDirectories($"{State}/layers"));
        Assert.Equal(1 + (2 * 12), Directory.GetFiles($"{State}/images/blobs/sha256").Length);
        Assert.Empty(Directory.GetFileSystemEntries($"{State}/staging"));
    }

    [Fact]
    public void A_damaged_blob_is_seen_by_its_digest_and_the_image_can_still_be_removed()
    {
        ImageInfo image = Import("app", Archive("x"));
        File.AppendAllText($"{State}/images/blobs/sha256/{Digest.Hex(image.Id)}", " ");
        using ImageStore other = Open();
        Assert.Equal(image.Digest, other.List()[1].Id);
        Assert.Equal(EngineErrorReason.Storage, Fails(() => other.Get("app")).Reason);
        Assert.Equal(EngineErrorReason.Storage, Fails(() => other.LayerFolders(other.List()[1])).Reason);
        other.Remove("app", force: false);
        Assert.Single(other.List());
    }

    [Fact]
    public void An_image_without_layers_from_another_tool_is_listed_but_not_taken_for_the_machines_own_root()
    {
        ScratchFolder.SkipWithout("umoci");
        scratch.Shell("umoci new --image state/images:empty:latest");
        Assert.Equal("empty:latest", store.List()[1].Name);
        Assert.Equal(EngineErrorReason.Storage, Fails(() => store.Get("empty")).Reason);
        store.Remove("empty", force: false);
        Assert.Single(store.List());
    }

    [Fact]
    public void Progress_ends_with_every_byte_read()
    {
        var seen = new List<LayerProgress>();
        byte[] archive = Archive("x");
        using var stream = new MemoryStream(archive);
        _ = store.Make(stream, "app", new ImageMakingOptions(), new Sink(seen.Add), TestContext.Current.CancellationToken);
        Assert.Equal(new LayerProgress("archive", LayerStage.Unpacked, archive.Length, archive.Length) { Entries = 3 }, seen[^1]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("A=B")]
    public void A_configuration_that_no_container_could_run_is_refused(string variable) =>
        Assert.Equal(EngineErrorReason.InvalidArgument, Fails(() => Import("app", Archive("x"), new ImageChanges { Env = new Dictionary<string, string> { [variable] = "x" } })).Reason);

    [Fact]
    public void A_real_Debian_is_imported_and_its_layer_lies_as_tar_unpacks_it()
    {
        if (!File.Exists(Debian))
        {
            Assert.Skip($"{Debian} is not there (made by mmdebstrap --variant=minbase bookworm)");
        }

        using FileStream archive = File.OpenRead(Debian);
        var watch = Stopwatch.StartNew();
        ImageInfo image = store.Make(archive, "debian:12", new ImageMakingOptions { Changes = new ImageChanges { Cmd = ["bash"] } }, null, TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine($"{image.Size} bytes in {watch.ElapsedMilliseconds} ms");
        string files = Assert.Single(store.LayerFolders(image));
        string theirs = scratch.MakeFolder("theirs");
        scratch.Shell($"tar -xpf {Debian} -C theirs --numeric-owner --xattrs --xattrs-include='*'");
        Assert.Equal(TreeListing.Of(scratch, theirs), TreeListing.Of(scratch, files));
    }

    private static byte[] Archive(string greeting) => new TarBuilder().Folder("./").Folder("./etc").File("./etc/greeting", greeting).End();

    private static EngineException Fails(Action action) => Assert.Throws<EngineException>(action);

    private ImageStore Open() => new(new StorageRoots(State, $"{scratch.Path}/run"), () => uses);

    private ImageInfo Import(string name, byte[] archive, ImageChanges? changes = null)
    {
        using var stream = new MemoryStream(archive);
        return store.Make(stream, name, new ImageMakingOptions { Changes = changes ?? new ImageChanges() }, null, TestContext.Current.CancellationToken);
    }

    private JsonElement Blob(string digest) => JsonDocument.Parse(File.ReadAllBytes($"{State}/images/blobs/sha256/{Digest.Hex(digest)}")).RootElement;

    private void AssertEmpty()
    {
        Assert.Single(store.List());
        Assert.Empty(Directory.GetFileSystemEntries($"{State}/staging"));
        Assert.Empty(Directory.GetFileSystemEntries($"{State}/layers"));
        Assert.Empty(Directory.GetFileSystemEntries($"{State}/images/blobs/sha256"));
    }

    private sealed class Sink(Action<LayerProgress> action) : IProgress<LayerProgress>
    {
        public void Report(LayerProgress value) => action(value);
    }

    /// <summary>A file that never ends.</summary>
    private sealed class EndlessArchive(Action onFirstRead) : MemoryStream(TarBuilder.Header("big", '0', 1L << 32))
    {
        private bool hasStarted;

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (!hasStarted)
            {
                hasStarted = true;
                onFirstRead();
            }

            int read = base.Read(buffer, offset, count);
            return read > 0 ? read : count;
        }
    }
}
