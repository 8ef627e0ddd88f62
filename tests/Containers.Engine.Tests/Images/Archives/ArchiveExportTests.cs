using System.Security.Cryptography;
using Containers.Engine.Images;
using Containers.Engine.Images.Archives;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Images.Archives;

public sealed class ArchiveExportTests : IDisposable
{
    private static readonly byte[] Lower = ArchiveFixture.Layer("lower", "1");
    private static readonly byte[] Upper = ArchiveFixture.Layer("upper", "2");
    private readonly ArchiveFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Theory]
    [InlineData(ImageArchiveFormat.Docker)]
    [InlineData(ImageArchiveFormat.Oci)]
    public void What_is_exported_is_imported_as_the_same_image_with_the_same_names(ImageArchiveFormat format)
    {
        fixture.Import(ArchiveFixture.Tar(ArchiveFixture.Layout("team/app:1", Lower, Upper)));
        fixture.Import(ArchiveFixture.Docker(["other:2", "registry.example.org:5000/x/y:3"], Lower).End());
        string[] names = ["team/app:1", "other:2", "registry.example.org:5000/x/y:3"];
        byte[] archive = Export(format, names);
        Assert.Equal(archive, Export(format, names));

        using var second = new ArchiveFixture();
        IReadOnlyList<ImageInfo> images = second.Import(archive);
        Assert.Equal(names, images.Select(image => image.Name));
        Assert.All(images, image => Assert.Equal(fixture.Store.Get(image.Name!) with { Name = null, Configuration = image.Configuration, Layers = image.Layers }, image with { Name = null }));
        Assert.All(images, image => Assert.Equal(fixture.Store.Get(image.Name!).Layers, image.Layers));
    }

    [Fact]
    public void An_image_exported_by_its_id_has_no_name()
    {
        ImageInfo image = Assert.Single(fixture.Import(ArchiveFixture.Docker(["app:1"], Lower).End()));
        using var second = new ArchiveFixture();
        Assert.Null(Assert.Single(second.Import(Export(ImageArchiveFormat.Docker, image.Id))).Name);
    }

    [Fact]
    public void A_zstd_layer_is_decompressed_for_docker_and_kept_for_the_rest()
    {
        ScratchFolder.SkipWithout("zstd");
        fixture.Write("root.tar", Lower);
        fixture.Scratch.Shell("zstd -q root.tar");
        byte[] packed = File.ReadAllBytes($"{fixture.Scratch.Path}/root.tar.zst");
        fixture.Import(packed, new ImageImportOptions { Name = "packed" });
        string layer = Digest.Hex(Digest.Of(Lower));
        fixture.Write("docker.tar", Export(ImageArchiveFormat.Docker, "packed"));
        Assert.Equal(layer, fixture.Scratch.Shell($"tar -xOf docker.tar blobs/sha256/{layer} | sha256sum").Split(' ')[0]);
        Assert.Contains(layer, fixture.Scratch.Shell("tar -xOf docker.tar manifest.json"), StringComparison.Ordinal);
        fixture.Write("oci.tar", Export(ImageArchiveFormat.Oci, "packed"));
        Assert.Contains(Digest.Hex(Digest.Of(packed)), fixture.Scratch.Shell("tar -tf oci.tar"), StringComparison.Ordinal);

        using var second = new ArchiveFixture();
        Assert.Equal(fixture.Store.Get("packed").Id, Assert.Single(second.ImportFile($"{fixture.Scratch.Path}/docker.tar")).Id);
    }

    [Fact]
    public void A_file_comes_up_whole_or_not_at_all_and_none_is_replaced_unasked()
    {
        fixture.Import(ArchiveFixture.Docker(["app:1"], Lower).End());
        string folder = fixture.Scratch.MakeFolder("out");
        ToFile("out/a.tar");
        byte[] first = File.ReadAllBytes($"{folder}/a.tar");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode($"{folder}/a.tar"));
        Assert.Equal(EngineErrorReason.AlreadyExists, Fails(() => ToFile("out/a.tar")).Reason);
        Assert.Equal(EngineErrorReason.NotFound, Fails(() => ToFile("out/nowhere/a.tar")).Reason);
        Assert.Equal(EngineErrorReason.NotFound, Fails(() => ToFile("out/b.tar", name: "missing")).Reason);
        File.WriteAllText($"{folder}/a.tar", "other");
        ToFile("out/a.tar", force: true);
        Assert.Equal(first, File.ReadAllBytes($"{folder}/a.tar"));
        Assert.Equal(EngineErrorReason.AlreadyExists, Fails(() => ToFile("out", force: true)).Reason);
        Assert.Equal(["a.tar"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName));
    }

    [Fact]
    public void A_damaged_blob_of_the_store_is_noticed_and_leaves_no_file()
    {
        ImageInfo image = Assert.Single(fixture.Import(ArchiveFixture.Docker(["app:1"], Lower).End()));
        string blob = $"{fixture.State}/images/blobs/sha256/{Digest.Hex(Digest.Of(Lower))}";
        byte[] content = File.ReadAllBytes(blob);
        content[600] ^= 1;
        File.WriteAllBytes(blob, content);
        string folder = fixture.Scratch.MakeFolder("out");
        Assert.Equal(EngineErrorReason.Storage, Fails(() => ToFile("out/a.tar")).Reason);
        Assert.Empty(Directory.GetFileSystemEntries(folder));
        Assert.NotNull(image.Name);
    }

    [Fact]
    public void A_folder_is_written_and_replaces_only_a_layout()
    {
        fixture.Import(ArchiveFixture.Tar(ArchiveFixture.Layout("team/app:1", Lower)));
        string folder = fixture.Scratch.MakeFolder("out");
        ToFile("out/layout", ImageArchiveFormat.OciFolder, name: "team/app:1");
        Assert.Equal(["blobs", "index.json", "oci-layout"], Directory.GetFileSystemEntries($"{folder}/layout").Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(EngineErrorReason.AlreadyExists, Fails(() => ToFile("out/layout", ImageArchiveFormat.OciFolder, name: "team/app:1")).Reason);
        ToFile("out/layout", ImageArchiveFormat.OciFolder, force: true, name: "team/app:1");
        using var second = new ArchiveFixture();
        Assert.Equal(fixture.Store.Get("team/app:1").Digest, Assert.Single(second.Archives.ImportFolder($"{folder}/layout", new ImageImportOptions(), null, TestContext.Current.CancellationToken)).Digest);

        Directory.CreateDirectory($"{folder}/mine");
        File.WriteAllText($"{folder}/mine/file", "precious");
        Assert.Equal(EngineErrorReason.AlreadyExists, Fails(() => ToFile("out/mine", ImageArchiveFormat.OciFolder, force: true, name: "team/app:1")).Reason);
        Assert.Equal("precious", File.ReadAllText($"{folder}/mine/file"));
        Assert.Equal(["layout", "mine"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_built_in_image_cannot_be_exported_and_a_cancelled_export_leaves_nothing()
    {
        fixture.Import(ArchiveFixture.Docker(["app:1"], Lower).End());
        string folder = fixture.Scratch.MakeFolder("out");
        Assert.Equal(EngineErrorReason.NotSupported, Fails(() => ToFile("out/a.tar", name: "host")).Reason);
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Assert.Equal(EngineErrorReason.Canceled, Fails(() => fixture.Archives.Export(["app:1"], ImageArchiveFormat.Oci, $"{folder}/a.tar", false, null, cancellation.Token)).Reason);
        Assert.Empty(Directory.GetFileSystemEntries(folder));
        Assert.Empty(Directory.GetFileSystemEntries($"{fixture.State}/staging"));
    }

    [Fact]
    public void Progress_ends_with_every_byte()
    {
        byte[] large = ArchiveFixture.Layer("large", Convert.ToHexString(RandomNumberGenerator.GetBytes(1 << 20)));
        fixture.Import(ArchiveFixture.Docker(["app:1"], large).End());
        var seen = new List<ExportProgress>();
        fixture.Archives.Export(["app:1"], ImageArchiveFormat.Oci, Stream.Null, new Sink(seen.Add), TestContext.Current.CancellationToken);
        Assert.Equal(seen[^1].Total, seen[^1].Bytes);
        Assert.InRange(seen[^1].Total, large.Length, large.Length + 10_000);
    }

    private static EngineException Fails(Action action) => Assert.Throws<EngineException>(action);

    private byte[] Export(ImageArchiveFormat format, params string[] names)
    {
        using var stream = new MemoryStream();
        fixture.Archives.Export(names, format, stream, null, TestContext.Current.CancellationToken);
        return stream.ToArray();
    }

    private void ToFile(string path, ImageArchiveFormat format = ImageArchiveFormat.Docker, bool force = false, string name = "app:1") =>
        fixture.Archives.Export([name], format, $"{fixture.Scratch.Path}/{path}", force, null, TestContext.Current.CancellationToken);

    private sealed class Sink(Action<ExportProgress> action) : IProgress<ExportProgress>
    {
        public void Report(ExportProgress value) => action(value);
    }
}
