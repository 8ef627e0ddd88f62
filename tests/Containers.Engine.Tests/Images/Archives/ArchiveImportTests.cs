using Containers.Engine.Images;
using Containers.Engine.Images.Archives;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Images.Archives;

public sealed class ArchiveImportTests : IDisposable
{
    private static readonly byte[] Lower = ArchiveFixture.Layer("lower", "1");
    private static readonly byte[] Upper = ArchiveFixture.Layer("upper", "2");
    private readonly ArchiveFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Fact]
    public void A_docker_archive_whose_manifest_comes_last_is_imported_under_all_its_names()
    {
        IReadOnlyList<ImageInfo> images = fixture.Import(ArchiveFixture.Docker(["app:1", "docker.io/library/other:2"], Lower, Upper).End());
        Assert.Equal(["app:1", "other:2"], images.Select(image => image.Name));
        Assert.All(images, image => Assert.Equal(Digest.Of(ArchiveFixture.Config(Lower, Upper)), image.Id));
        Assert.Equal(["/bin/sh"], images[0].Configuration.Cmd);
        Assert.Equal("1", fixture.Content(images[0], 0, "etc/lower"));
        Assert.Equal("2", fixture.Content(images[0], 1, "etc/upper"));
        Assert.Empty(Directory.GetFileSystemEntries($"{fixture.State}/staging"));
    }

    [Fact]
    public void Layers_behind_symbolic_and_hard_links_of_the_archive_are_found()
    {
        byte[] config = ArchiveFixture.Config(Lower, Lower, Upper);
        string[] ids = [new('a', 64), new('b', 64), new('c', 64)];
        byte[] archive = new TarBuilder()
            .Folder(ids[0] + "/").Symlink($"{ids[0]}/layer.tar", $"../{ids[1]}/layer.tar")
            .Folder(ids[1] + "/").Bytes($"{ids[1]}/layer.tar", Lower)
            .Bytes("upper.tar", Upper).HardLink($"{ids[2]}/layer.tar", "upper.tar")
            .Bytes("config.json", config)
            .Bytes("manifest.json", ArchiveFixture.Json(new[] { new { Config = "config.json", RepoTags = (string[]?)null, Layers = ids.Select(id => $"{id}/layer.tar") } })).End();
        ImageInfo image = Assert.Single(fixture.Import(archive));
        Assert.Null(image.Name);
        Assert.Equal(3, image.Layers.Count);
        Assert.Equal("2", fixture.Content(image, 2, "etc/upper"));
    }

    [Theory]
    [InlineData("gzip -n")]
    [InlineData("zstd -q")]
    public void A_compressed_image_archive_with_compressed_layers_is_imported(string compressor)
    {
        ScratchFolder.SkipWithout(compressor.Split(' ')[0]);
        fixture.Write("lower.tar", Lower);
        byte[] config = ArchiveFixture.Config(Lower);
        fixture.Scratch.Shell($"{compressor} < lower.tar > lower.packed");
        byte[] archive = new TarBuilder().Bytes("layer.tar", File.ReadAllBytes($"{fixture.Scratch.Path}/lower.packed")).Bytes("config.json", config)
            .Bytes("manifest.json", ArchiveFixture.Json(new[] { new { Config = "config.json", RepoTags = new[] { "packed" }, Layers = new[] { "layer.tar" } } })).End();
        fixture.Write("whole.tar", archive);
        fixture.Scratch.Shell($"{compressor} < whole.tar > whole.packed");
        ImageInfo image = Assert.Single(fixture.Import(File.ReadAllBytes($"{fixture.Scratch.Path}/whole.packed")));
        Assert.Equal("packed:latest", image.Name);
        Assert.Equal("1", fixture.Content(image, 0, "etc/lower"));
    }

    [Fact]
    public void A_layout_keeps_its_manifests_own_bytes()
    {
        SortedDictionary<string, byte[]> files = ArchiveFixture.Layout("team/app:1", Lower, Upper);
        ImageInfo image = Assert.Single(fixture.Import(ArchiveFixture.Tar(files)));
        Assert.Equal("team/app:1", image.Name);
        Assert.Contains("\"kept\":\"yes\"", ArchiveFixture.Text(files[$"blobs/sha256/{Digest.Hex(image.Digest!)}"]), StringComparison.Ordinal);
        using ImageContent content = fixture.Store.OpenContent("team/app:1");
        Assert.Equal(files[$"blobs/sha256/{Digest.Hex(image.Digest!)}"], content.Manifest);
    }

    [Fact]
    public void A_layout_in_a_folder_is_imported_and_a_bare_tag_is_one_of_the_folders_name()
    {
        string folder = Unpack(ArchiveFixture.Layout("v1", Lower));
        ImageInfo image = Assert.Single(fixture.Archives.ImportFolder(folder, new ImageImportOptions { DefaultName = "layout" }, null, TestContext.Current.CancellationToken));
        Assert.Equal("layout:v1", image.Name);
        Assert.Equal("renamed:2", Assert.Single(fixture.Archives.ImportFolder(folder, new ImageImportOptions { Name = "renamed:2" }, null, TestContext.Current.CancellationToken)).Name);
    }

    [Fact]
    public void A_folder_that_is_no_layout_is_refused()
    {
        string folder = fixture.Scratch.MakeFolder("other");
        EngineException failure = Assert.Throws<EngineException>(() => fixture.Archives.ImportFolder(folder, new ImageImportOptions(), null, TestContext.Current.CancellationToken));
        Assert.Equal(EngineErrorReason.InvalidArgument, failure.Reason);
        fixture.AssertEmpty();
    }

    [Theory]
    [InlineData(null, "amd")]
    [InlineData("linux/arm64", "arm")]
    [InlineData("linux/arm64/v8", "arm")]
    [InlineData("linux/s390x", null)]
    public void Of_an_index_for_several_platforms_one_is_chosen(string? platform, string? expected)
    {
        if (platform is null && ImageCatalog.MachineArchitecture != "amd64")
        {
            Assert.Skip("the machine is no amd64");
        }

        byte[] archive = ArchiveFixture.Tar(SeveralPlatforms());
        var options = new ImageImportOptions { Platform = platform is null ? null : ImagePlatform.Parse(platform) };
        if (expected is null)
        {
            EngineException failure = fixture.Refused(archive, EngineErrorReason.NotFound, options);
            Assert.Contains("linux/arm64", failure.Message, StringComparison.Ordinal);
            return;
        }

        ImageInfo image = Assert.Single(fixture.Import(archive, options));
        Assert.Equal("many:latest", image.Name);
        Assert.True(File.Exists($"{fixture.Store.LayerFolders(image)[0]}/etc/{expected}"));
    }

    [Fact]
    public void Of_an_index_for_several_platforms_the_only_one_that_was_saved_is_taken()
    {
        SortedDictionary<string, byte[]> files = SeveralPlatforms();
        byte[] amd = ArchiveFixture.Layer("amd", "x");
        foreach (string path in files.Keys.Where(path => files[path].SequenceEqual(amd) || ArchiveFixture.Text(files[path]).Contains(Digest.Of(amd), StringComparison.Ordinal)).ToList())
        {
            files.Remove(path);
        }

        ImageInfo image = Assert.Single(fixture.Import(ArchiveFixture.Tar(files)));
        Assert.True(File.Exists($"{fixture.Store.LayerFolders(image)[0]}/etc/arm"));
    }

    [Fact]
    public void A_name_replaces_the_archives_own_of_a_single_image_only()
    {
        Assert.Equal("mine:1", Assert.Single(fixture.Import(ArchiveFixture.Docker(["a:1", "b:2"], Lower).End(), new ImageImportOptions { Name = "mine:1" })).Name);
        fixture.Store.Remove("mine:1", force: false);
        byte[] two = new TarBuilder().Bytes("l1.tar", Lower).Bytes("l2.tar", Upper).Bytes("c1.json", ArchiveFixture.Config(Lower)).Bytes("c2.json", ArchiveFixture.Config(Upper))
            .Bytes("manifest.json", ArchiveFixture.Json(new[] { Image("c1.json", "l1.tar", "a:1"), Image("c2.json", "l2.tar", "b:1") })).End();
        Assert.Equal(EngineErrorReason.InvalidArgument, fixture.Refused(two, EngineErrorReason.InvalidArgument, new ImageImportOptions { Name = "mine:1" }).Reason);
        Assert.Equal(["a:1", "b:1"], fixture.Import(two).Select(image => image.Name));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_root_file_system_is_told_from_images_even_with_an_images_names_in_it(bool isCompressed)
    {
        byte[] archive = new TarBuilder().Folder("./").Folder("./blobs").File("./manifest.json", "{}").Folder("./blobs/sha256").Folder("./etc").File("./etc/greeting", "hello").End();
        if (isCompressed)
        {
            fixture.Write("plain.tar", archive);
            fixture.Scratch.Shell("gzip plain.tar");
            archive = File.ReadAllBytes($"{fixture.Scratch.Path}/plain.tar.gz");
        }

        ImageInfo image = Assert.Single(fixture.Import(archive, new ImageImportOptions { DefaultName = "root", Configuration = new ImageChanges { Cmd = ["/bin/true"] } }));
        Assert.Equal("root:latest", image.Name);
        Assert.Equal("hello", fixture.Content(image, 0, "etc/greeting"));
        Assert.Equal("{}", fixture.Content(image, 0, "manifest.json"));
        Assert.Equal(["/bin/true"], image.Configuration.Cmd);
    }

    [Fact]
    public void A_large_beginning_that_could_be_either_is_kept_until_it_is_clear()
    {
        string filler = new('x', 9 << 20);
        byte[] archive = new TarBuilder().File("data.json", filler).File("hello", "world").End();
        ImageInfo image = Assert.Single(fixture.Import(archive, new ImageImportOptions { Name = "root" }));
        Assert.Equal(filler, fixture.Content(image, 0, "data.json"));
        Assert.Equal("world", fixture.Content(image, 0, "hello"));
    }

    [Fact]
    public void A_root_file_system_without_a_name_is_refused_and_one_for_a_platform_too()
    {
        fixture.Refused(Lower, EngineErrorReason.InvalidArgument);
        fixture.Refused(Lower, EngineErrorReason.InvalidArgument, new ImageImportOptions { Name = "a", Platform = ImagePlatform.Parse("linux/arm64") });
    }

    [Fact]
    public void An_image_takes_no_configuration_from_outside() =>
        fixture.Refused(ArchiveFixture.Docker(["a:1"], Lower).End(), EngineErrorReason.InvalidArgument, new ImageImportOptions { Configuration = new ImageChanges { Cmd = ["x"] } });

    [Fact]
    public void A_cancelled_import_leaves_nothing()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        using var pipe = new OneWayStream(ArchiveFixture.Docker(["a:1"], Lower).End());
        EngineException failure = Assert.Throws<EngineException>(() => fixture.Archives.Import(pipe, new ImageImportOptions(), null, cancellation.Token));
        Assert.Equal(EngineErrorReason.Canceled, failure.Reason);
        fixture.AssertEmpty();
    }

    [Fact]
    public void A_pipe_into_which_nobody_writes_does_not_keep_a_cancelled_import()
    {
        using var server = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.Out);
        using var client = new System.IO.Pipes.AnonymousPipeClientStream(System.IO.Pipes.PipeDirection.In, server.ClientSafePipeHandle);
        server.Write(ArchiveFixture.Docker(["a:1"], Lower).Cut());
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        EngineException failure = Assert.Throws<EngineException>(() => fixture.Archives.Import(client, new ImageImportOptions(), null, cancellation.Token));
        Assert.Equal(EngineErrorReason.Canceled, failure.Reason);
        fixture.AssertEmpty();
    }

    private static object Image(string config, string layer, string tag) => new { Config = config, RepoTags = new[] { tag }, Layers = new[] { layer } };

    private static SortedDictionary<string, byte[]> SeveralPlatforms()
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        var entries = new List<Dictionary<string, object>>();
        foreach ((string architecture, string? variant, string file) in new[] { ("amd64", (string?)null, "amd"), ("arm64", "v8", "arm") })
        {
            byte[] layer = ArchiveFixture.Layer(file, "x");
            byte[] manifest = ArchiveFixture.Json(new
            {
                schemaVersion = 2,
                config = ArchiveFixture.Blob(files, OciMediaType.Config, ArchiveFixture.Config(layer)),
                layers = new[] { ArchiveFixture.Blob(files, OciMediaType.Layer, layer) },
            });
            Dictionary<string, object> entry = ArchiveFixture.Blob(files, OciMediaType.Manifest, manifest);
            entry["platform"] = variant is null ? new { os = "linux", architecture } : (object)new { os = "linux", architecture, variant };
            entries.Add(entry);
        }

        entries.Add(new Dictionary<string, object> { ["mediaType"] = OciMediaType.Manifest, ["digest"] = Digest.Of("attestation"u8), ["size"] = 11, ["platform"] = new { os = "unknown", architecture = "unknown" } });
        byte[] index = ArchiveFixture.Json(new { schemaVersion = 2, mediaType = OciMediaType.Index, manifests = entries });
        Dictionary<string, object> top = ArchiveFixture.Blob(files, OciMediaType.Index, index);
        top["annotations"] = new Dictionary<string, string> { [OciLayout.WholeName] = "docker.io/library/many:latest", [OciDescriptor.RefName] = "latest" };
        files["oci-layout"] = ArchiveFixture.Json(new { imageLayoutVersion = "1.0.0" });
        files["index.json"] = ArchiveFixture.Json(new { schemaVersion = 2, manifests = new[] { top } });
        return files;
    }

    private string Unpack(SortedDictionary<string, byte[]> files)
    {
        fixture.Write("layout.tar", ArchiveFixture.Tar(files));
        fixture.Scratch.Shell("mkdir layout; tar -xf layout.tar -C layout");
        return $"{fixture.Scratch.Path}/layout";
    }
}
