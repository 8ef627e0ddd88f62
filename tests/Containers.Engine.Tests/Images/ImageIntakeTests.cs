using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Containers.Engine.Images;
using Containers.Engine.Storage;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Images;

public sealed class ImageIntakeTests : IDisposable
{
    private readonly ScratchFolder scratch = new();
    private readonly ImageStore store;

    public ImageIntakeTests() => store = Open();

    private string State => $"{scratch.Path}/state";

    public void Dispose()
    {
        store.Dispose();
        scratch.Dispose();
    }

    [Fact]
    public void Layers_are_taken_in_by_chain_and_those_that_are_there_are_not_asked_for_again()
    {
        TestLayer bottom = TestLayer.Gzip("a", "bottom"), middle = new("b", "middle"), top = new("c", "top");
        ImageInfo first = TakeIn("first", bottom, middle)[0];
        Assert.Equal(Digest.ChainIds([bottom.DiffId, middle.DiffId]), first.Layers);
        Assert.Equal("middle", File.ReadAllText($"{store.LayerFolders(first)[1]}/b"));

        var stages = new ConcurrentDictionary<string, LayerStage>();
        ImageInfo second = TakeIn(Origin("second", [bottom, middle, top]), new Sink(value => stages[value.Layer] = value.Stage))[0];
        Assert.Equal(first.Layers, second.Layers.Take(2));
        Assert.Equal((1, 1, 1), (bottom.Opened, middle.Opened, top.Opened));
        Assert.Equal((LayerStage.Existing, LayerStage.Unpacked), (stages[bottom.Digest], stages[top.Digest]));
        Assert.Equal(3, Directory.GetDirectories($"{State}/layers").Length);
        Assert.Empty(Directory.GetFileSystemEntries($"{State}/staging"));
    }

    [Fact]
    public void The_same_layer_twice_in_an_image_is_two_layers_of_the_chain()
    {
        TestLayer layer = new("a", "again");
        ImageInfo image = TakeIn("twice", layer, layer)[0];
        Assert.Equal(2, image.Layers.Distinct(StringComparer.Ordinal).Count());
        Assert.All(store.LayerFolders(image), folder => Assert.Equal("again", File.ReadAllText($"{folder}/a")));
    }

    [Fact]
    public void Whiteouts_of_a_layer_become_those_of_overlayfs()
    {
        TestLayer bottom = new("a", "gone");
        TestLayer top = TestLayer.Of(new TarBuilder().File(".wh.a").End());
        ImageInfo image = TakeIn("app", bottom, top)[0];
        Assert.Equal("character special file 0 0", scratch.Shell($"stat -c '%F %t %T' {store.LayerFolders(image)[1]}/a").Trim());
    }

    [Theory]
    [InlineData("digest")]
    [InlineData("size")]
    [InlineData("diffId")]
    [InlineData("truncated")]
    public void A_layer_that_is_not_what_the_image_says_is_refused_and_nothing_is_kept(string lie)
    {
        TestLayer good = new("a", "good"), bad = TestLayer.Gzip("b", "bad");
        string other = Digest.Of("other"u8);
        LayerOrigin origin = lie switch
        {
            "digest" => bad.Origin with { Digest = other },
            "size" => bad.Origin with { Size = bad.Bytes.Length + 1 },
            "diffId" => bad.Origin with { DiffId = other },
            _ => bad.Origin with { Open = _ => new MemoryStream(bad.Bytes[..^20]) },
        };
        ImageOrigin image = Origin("app", [good, bad]) with { Layers = [good.Origin, origin] };
        Assert.Equal(EngineErrorReason.InvalidData, Fails(() => TakeIn(image)).Reason);
        AssertEmpty();
    }

    [Theory]
    [InlineData("config")]
    [InlineData("manifest layers")]
    [InlineData("manifest config")]
    [InlineData("manifest type")]
    [InlineData("index in manifest")]
    public void Documents_that_do_not_belong_together_are_refused_and_nothing_is_kept(string lie)
    {
        TestLayer layer = new("a", "x");
        byte[] config = Config(layer);
        byte[] manifest = Manifest(config, layer);
        string text = Encoding.UTF8.GetString(manifest);
        ImageDescription description = lie switch
        {
            "config" => new ImageDescription(Config(layer, new TestLayer("b", "y"))),
            "manifest layers" => new ImageDescription(config) { Manifest = Manifest(config, new TestLayer("b", "y")), ManifestMediaType = OciMediaType.Manifest },
            "manifest config" => new ImageDescription(config) { Manifest = Manifest([.. config, (byte)' '], layer), ManifestMediaType = OciMediaType.Manifest },
            "manifest type" => new ImageDescription(config) { Manifest = manifest, ManifestMediaType = OciMediaType.DockerManifest },
            _ => new ImageDescription(config) { Manifest = Encoding.UTF8.GetBytes(text[..^1] + ",\"manifests\":[]}"), ManifestMediaType = OciMediaType.Manifest },
        };
        ImageOrigin image = Origin("app", [layer]) with { Describe = _ => description };
        Assert.Equal(EngineErrorReason.InvalidData, Fails(() => TakeIn(image)).Reason);
        AssertEmpty();
    }

    [Fact]
    public void One_layer_that_fails_ends_the_others_at_once()
    {
        TestLayer bad = new("a", "x");
        LayerOrigin waiting = new() { Digest = Digest.Of("never"u8), Size = 1 << 30, Open = token => new StallingStream(token) };
        ImageOrigin image = Origin("app", [bad]) with { Layers = [waiting, bad.Origin with { Digest = Digest.Of("other"u8) }] };
        EngineException failure = Fails(() => TakeIn(image));
        Assert.Equal((EngineErrorReason.InvalidData, Digest.Of("other"u8)), (failure.Reason, failure.Subject));
        AssertEmpty();
    }

    [Fact]
    public void A_manifest_of_Dockers_kind_keeps_its_digest_and_other_tools_read_the_image_as_OCIs()
    {
        ScratchFolder.SkipWithout("skopeo");
        ScratchFolder.SkipWithout("umoci");
        TestLayer layer = TestLayer.Gzip("a", "from docker");
        byte[] config = Config(layer);
        byte[] manifest = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Manifest(config, layer))
            .Replace(OciMediaType.Manifest, OciMediaType.DockerManifest, StringComparison.Ordinal)
            .Replace(OciMediaType.LayerGzip, "application/vnd.docker.image.rootfs.diff.tar.gzip", StringComparison.Ordinal));
        ImageOrigin origin = Origin("app", [layer]) with
        {
            Describe = _ => new ImageDescription(config) { Manifest = manifest, ManifestMediaType = OciMediaType.DockerManifest, OriginDigest = Digest.Of(manifest) },
        };
        ImageInfo image = TakeIn(origin)[0];
        Assert.Equal((Digest.Of(manifest), $"app@{Digest.Of(manifest)}"), (image.Digest, image.Origin));
        Assert.Equal(image.Id, store.Get($"app@{image.Digest}").Id);
        using (ImageContent content = store.OpenContent("app"))
        {
            Assert.Equal(manifest, content.Manifest);
            Assert.Equal(OciMediaType.LayerGzip, content.Parsed.Layers[0].MediaType);
        }

        scratch.Shell("skopeo copy --quiet oci:state/images:app:latest oci:copied:x; umoci unpack --image state/images:app:latest bundle");
        Assert.Equal("from docker", File.ReadAllText($"{scratch.Path}/bundle/rootfs/a"));
        store.Remove("app", force: false);
        AssertEmpty();
    }

    [Fact]
    public void An_image_that_came_by_digest_has_no_name_and_is_found_by_where_it_came_from()
    {
        TestLayer layer = new("a", "x");
        byte[] config = Config(layer);
        byte[] manifest = Manifest(config, layer);
        string digest = Digest.Of(manifest);
        ImageOrigin origin = Origin("app", [layer]) with
        {
            Names = [ImageName.Parse($"team/app@{digest}")],
            Describe = _ => new ImageDescription(config) { Manifest = manifest, ManifestMediaType = OciMediaType.Manifest },
        };
        ImageInfo image = TakeIn(origin)[0];
        Assert.Null(image.Name);
        Assert.Equal(image.Id, store.Get($"team/app@{digest}").Id);
        Assert.Equal(EngineErrorReason.NotFound, Fails(() => store.Get($"other@{digest}")).Reason);

        _ = TakeIn(origin with { Names = [ImageName.Parse("team/app:1")] });
        Assert.Equal(["host", "team/app:1"], store.List().Select(one => one.Name));
    }

    [Fact]
    public void What_is_being_read_stays_until_it_is_read()
    {
        TestLayer layer = TestLayer.Gzip("a", "kept");
        _ = TakeIn("app", layer);
        using (ImageContent content = store.OpenContent("app"))
        {
            using ImageStore other = Open();
            other.Remove("app", force: false);
            other.Sweep();
            using FileStream blob = content.OpenBlob(layer.Digest);
            Assert.Equal(layer.Bytes.Length, blob.Length);
            Assert.Single(Directory.GetDirectories($"{State}/layers"));
        }

        store.Sweep();
        AssertEmpty();
    }

    /// <param name="sameLength">Whether the damage can only be seen by the digest.</param>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_damaged_blob_is_replaced_when_its_layer_comes_again(bool sameLength)
    {
        TestLayer bottom = new("a", "bottom"), top = TestLayer.Gzip("b", "top");
        _ = TakeIn("other", bottom, top);
        string blob = $"{State}/images/blobs/sha256/{Digest.Hex(top.Digest)}";
        File.WriteAllBytes(blob, sameLength ? new byte[top.Bytes.Length] : top.Bytes[..10]);

        // On another layer the store's own blob would do.
        ImageInfo image = TakeIn("app", top)[0];
        Assert.Equal(2, top.Opened);
        Assert.Equal(top.Bytes, File.ReadAllBytes(blob));
        Assert.Empty(store.Test(image.Name!, TestContext.Current.CancellationToken).Problems);
    }

    [Fact]
    public void A_wait_for_the_store_ends_on_demand()
    {
        using FileStream held = new($"{State}/images.lock", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using var mine = new Containers.Interop.FileDescriptor((int)held.SafeFileHandle.DangerousGetHandle());
        Assert.True(Containers.Interop.Files.Lock(mine, wait: false, "images.lock"));
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        EngineException failure = Fails(() => store.TakeIn([Origin("app", [new TestLayer("a", "x")])], null, cancellation.Token));
        Assert.Equal(EngineErrorReason.Canceled, failure.Reason);
        mine.SetHandleAsInvalid();
    }

    [Fact]
    public void Layers_that_an_intake_relies_on_are_not_collected_while_it_runs()
    {
        TestLayer bottom = new("a", "bottom"), top = new("b", "top");
        _ = TakeIn("old", bottom);
        LayerOrigin slow = top.Origin with
        {
            Open = token =>
            {
                // The image that brought the bottom goes while this one is on its way.
                using ImageStore other = Open();
                other.Remove("old", force: false);
                return top.Origin.Open(token);
            },
        };
        ImageInfo image = TakeIn(Origin("app", [bottom, top]) with { Layers = [bottom.Origin, slow] })[0];
        Assert.Equal("bottom", File.ReadAllText($"{store.LayerFolders(image)[0]}/a"));
        Assert.Equal(1, bottom.Opened);
    }

    [Fact]
    public void Intakes_removals_and_sweeps_at_the_same_time_leave_whole_images()
    {
        TestLayer[] layers = [.. Enumerable.Range(0, 4).Select(i => new TestLayer($"f{i}", $"content {i}"))];
        Parallel.For(0, 40, new ParallelOptions { MaxDegreeOfParallelism = 6 }, i =>
        {
            using ImageStore mine = Open();
            TestLayer[] own = layers[..(1 + (i % 4))];
            ImageInfo image = mine.TakeIn([Origin($"app:{i}", own)], null, CancellationToken.None)[0];
            IReadOnlyList<string> folders = mine.LayerFolders(image);
            Assert.Equal($"content {own.Length - 1}", File.ReadAllText($"{folders[^1]}/f{own.Length - 1}"));
            if (i % 3 != 0)
            {
                mine.Remove($"app:{i}", force: false);
            }

            mine.Sweep();
        });
        Assert.Equal(1 + 14, store.List().Count);
        Assert.All(store.List().Where(image => !image.IsBuiltIn), image => Assert.Equal(image.Layers.Count, store.LayerFolders(image).Count));
        Assert.Equal(4, Directory.GetDirectories($"{State}/layers").Length);
        Assert.Empty(Directory.GetFileSystemEntries($"{State}/staging"));
    }

    [Theory]
    [InlineData("docker.io/library/debian", "debian:latest", "docker.io", "library/debian")]
    [InlineData("index.docker.io/library/debian:12", "debian:12", "docker.io", "library/debian")]
    [InlineData("docker.io/team/app", "team/app:latest", "docker.io", "team/app")]
    [InlineData("docker.io/library/a/b", "library/a/b:latest", "docker.io", "library/a/b")]
    [InlineData("debian", "debian:latest", "docker.io", "library/debian")]
    [InlineData("localhost/app", "localhost/app:latest", "localhost", "app")]
    [InlineData("127.0.0.1:5000/team/app:1", "127.0.0.1:5000/team/app:1", "127.0.0.1:5000", "team/app")]
    public void Names_are_kept_as_docker_shows_them(string text, string reference, string host, string path)
    {
        ImageName name = ImageName.Parse(text);
        Assert.Equal((reference, host, path), (name.Reference, name.Host, name.Path));
    }

    private static EngineException Fails(Action action) => Assert.Throws<EngineException>(action);

    private static byte[] Config(params TestLayer[] layers) => JsonSerializer.SerializeToUtf8Bytes(
        new OciImage { Architecture = "amd64", RootFileSystem = new OciRootFileSystem { DiffIds = [.. layers.Select(layer => layer.DiffId)] } }, OciJson.Writer.OciImage);

    private static byte[] Manifest(byte[] config, params TestLayer[] layers) => JsonSerializer.SerializeToUtf8Bytes(
        new OciManifest
        {
            MediaType = OciMediaType.Manifest,
            Config = new OciDescriptor { MediaType = OciMediaType.Config, Digest = Digest.Of(config), Size = config.Length },
            Layers = [.. layers.Select(layer => new OciDescriptor { MediaType = OciMediaType.LayerGzip, Digest = layer.Digest, Size = layer.Bytes.Length })],
        },
        OciJson.Writer.OciManifest);

    private static ImageOrigin Origin(string name, TestLayer[] layers) => new()
    {
        Layers = [.. layers.Select(layer => layer.Origin)],
        Describe = _ => new ImageDescription(Config(layers)),
        Names = [ImageName.Parse(name)],
    };

    private ImageStore Open() => new(new StorageRoots(State, $"{scratch.Path}/run"), () => []);

    private IReadOnlyList<ImageInfo> TakeIn(string name, params TestLayer[] layers) => TakeIn(Origin(name, layers));

    private IReadOnlyList<ImageInfo> TakeIn(ImageOrigin image, IProgress<LayerProgress>? progress = null) =>
        store.TakeIn([image], progress, TestContext.Current.CancellationToken);

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

    /// <summary>A layer of one file, and how often it was asked for.</summary>
    private sealed class TestLayer
    {
        private int opened;

        public TestLayer(string name, string content)
            : this(new TarBuilder().File(name, content).End(), null)
        {
        }

        private TestLayer(byte[] archive, byte[]? packed)
        {
            DiffId = Containers.Engine.Images.Digest.Of(archive);
            Bytes = packed ?? archive;
            Digest = Containers.Engine.Images.Digest.Of(Bytes);
            Origin = new LayerOrigin
            {
                DiffId = DiffId,
                Digest = Digest,
                Size = Bytes.Length,
                Open = _ =>
                {
                    Interlocked.Increment(ref opened);
                    return new MemoryStream(Bytes);
                },
            };
        }

        public byte[] Bytes { get; }

        public string DiffId { get; }

        public string Digest { get; }

        public int Opened => opened;

        public LayerOrigin Origin { get; }

        public static TestLayer Of(byte[] archive) => new(archive, null);

        public static TestLayer Gzip(string name, string content)
        {
            byte[] archive = new TarBuilder().File(name, content).End();
            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            {
                gzip.Write(archive);
            }

            return new TestLayer(archive, packed.ToArray());
        }
    }

    /// <summary>Gives nothing until it is cancelled, as a connection that hangs.</summary>
    private sealed class StallingStream(CancellationToken cancellation) : MemoryStream
    {
        public override bool CanSeek => false;

        public override int Read(byte[] buffer, int offset, int count)
        {
            cancellation.WaitHandle.WaitOne();
            cancellation.ThrowIfCancellationRequested();
            return 0;
        }
    }
}
