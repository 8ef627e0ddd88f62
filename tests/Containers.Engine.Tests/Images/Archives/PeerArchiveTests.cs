using System.Text.Json;
using Containers.Engine.Images;
using Containers.Engine.Images.Archives;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Images.Archives;

/// <summary>Archives from docker, podman, skopeo, umoci and buildah, and ours given to them.</summary>
public sealed class PeerArchiveTests(PeerFixture peers) : IClassFixture<PeerFixture>, IDisposable
{
    private readonly ArchiveFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Theory]
    [InlineData("cat", "indexed")]
    [InlineData("cat", "piped")]
    [InlineData("gzip", "indexed")]
    [InlineData("zstd -q", "piped")]
    public void What_docker_saves_is_imported(string compressor, string way)
    {
        ScratchFolder.SkipWithout(compressor.Split(' ')[0]);
        string packed = $"{fixture.Scratch.Path}/saved";
        peers.Shell($"{compressor} < {peers.DockerArchive()} > {packed}");
        IReadOnlyList<ImageInfo> images;
        if (way == "piped")
        {
            using var pipe = new OneWayStream(File.ReadAllBytes(packed));
            images = fixture.Archives.Import(pipe, new ImageImportOptions(), null, TestContext.Current.CancellationToken);
        }
        else
        {
            images = fixture.ImportFile(packed);
        }

        CheckAll(images, "");
        Assert.Equal(peers.Shell($"{peers.Docker} image inspect -f '{{{{.Id}}}}' app:2").Trim(), fixture.Store.Get("app:2").Id);
    }

    [Theory]
    [InlineData("save -q -m --format docker-archive -o OUT team/base:1 app:2 other/app:3")]
    [InlineData("save -q --format oci-archive -o OUT app:2")]
    [InlineData("save -q --format oci-dir -o OUT app:2")]
    public void What_podman_saves_is_imported(string command)
    {
        string saved = $"{fixture.Scratch.Path}/saved";
        peers.Shell($"{peers.Podman} {command.Replace("OUT", saved, StringComparison.Ordinal)}");
        IReadOnlyList<ImageInfo> images = Directory.Exists(saved) ? ImportFolder(saved) : fixture.ImportFile(saved);
        if (images.Count == 3)
        {
            CheckAll(images, "localhost/");
        }
        else
        {
            CheckApp(Assert.Single(images), "localhost/app:2");
        }
    }

    [Theory]
    [InlineData("", "oci:OUT:app:2")]
    [InlineData("", "oci-archive:OUT:app:2")]
    [InlineData("--dest-compress-format zstd --dest-compress", "oci-archive:OUT:docker.io/library/app:2")]
    [InlineData("--format v2s2", "docker-archive:OUT:app:2")]
    public void What_skopeo_copies_is_imported(string options, string destination)
    {
        ScratchFolder.SkipWithout("skopeo");
        string saved = $"{fixture.Scratch.Path}/saved";

        // From podman's archive: this skopeo does not follow the links in docker's.
        string source = $"{fixture.Scratch.Path}/podman.tar";
        peers.Shell($"{peers.Podman} save -q --format docker-archive -o {source} app:2; skopeo copy -q {options} docker-archive:{source} {destination.Replace("OUT", saved, StringComparison.Ordinal)}");
        CheckApp(Assert.Single(Directory.Exists(saved) ? ImportFolder(saved) : fixture.ImportFile(saved)), "app:2");
    }

    [Fact]
    public void A_layout_that_umoci_changed_is_imported_with_its_tags()
    {
        ScratchFolder.SkipWithout("umoci");
        string folder = $"{fixture.Scratch.Path}/layout";
        peers.Shell($"cd {fixture.Scratch.Path}; umoci init --layout {folder}; umoci new --image {folder}:v1; umoci unpack --image {folder}:v1 bundle; mkdir bundle/rootfs/etc; echo one > bundle/rootfs/etc/one; umoci repack --image {folder}:v1 bundle; echo two > bundle/rootfs/etc/two; umoci repack --image {folder}:v2 --refresh-bundle bundle; umoci config --image {folder}:v2 --config.cmd sh --config.env A=b");
        IReadOnlyList<ImageInfo> images = fixture.Archives.ImportFolder(folder, new ImageImportOptions { DefaultName = "layout" }, null, TestContext.Current.CancellationToken);
        Assert.Equal(["layout:v1", "layout:v2"], images.Select(image => image.Name).Order(StringComparer.Ordinal));
        ImageInfo second = images.Single(image => image.Name == "layout:v2");
        Assert.Equal("two\n", fixture.Content(second, second.Layers.Count - 1, "etc/two"));
        Assert.Equal(["sh"], second.Configuration.Cmd);
    }

    [Theory]
    [InlineData("docker-archive:OUT:built:1")]
    [InlineData("oci-archive:OUT:built:1")]
    public void What_buildah_pushes_is_imported(string destination)
    {
        ScratchFolder.SkipWithout("buildah");
        string buildah = $"buildah --root {fixture.Scratch.Path}/buildah --runroot {fixture.Scratch.Path}/buildah-run --storage-driver vfs";
        string saved = $"{fixture.Scratch.Path}/saved";
        peers.Shell($"cd {fixture.Scratch.Path}; echo two > two; c=$({buildah} from scratch); {buildah} copy -q $c two /etc/two; {buildah} config --cmd '[\"/bin/sh\"]' $c; {buildah} commit -q $c built; {buildah} push -q built {destination.Replace("OUT", saved, StringComparison.Ordinal)}");

        // Into a docker archive it writes the name it has in its own store too.
        ImageInfo image = Assert.Single(fixture.ImportFile(saved), image => image.Name == "built:1");
        Assert.Equal("two\n", fixture.Content(image, 0, "etc/two"));
    }

    [Fact]
    public void Docker_loads_what_is_exported()
    {
        fixture.ImportFile(peers.DockerArchive());
        Rename("ours");
        string path = Export(ImageArchiveFormat.Docker, "app:ours", "other:ours", "base:ours");
        peers.Shell($"{peers.Docker} load -q -i {path}");
        ImageInfo app = fixture.Store.Get("app:ours");
        Assert.Equal(app.Id, peers.Shell($"{peers.Docker} image inspect -f '{{{{.Id}}}}' app:ours").Trim());
        Assert.Equal(app.Id, peers.Shell($"{peers.Docker} image inspect -f '{{{{.Id}}}}' other:ours").Trim());
        Assert.Equal("two", peers.Shell($"c=$({peers.Docker} create base:ours x); {peers.Docker} rm $c >/dev/null; c=$({peers.Docker} create app:ours); {peers.Docker} export $c | tar -xO etc/two; {peers.Docker} rm $c >/dev/null").Trim());
        peers.Shell($"{peers.Docker} rmi app:ours other:ours base:ours");
    }

    [Fact]
    public void Docker_loads_zstd_and_gzip_layers()
    {
        ScratchFolder.SkipWithout("zstd");
        string docker = peers.Docker;
        foreach (string compressor in new[] { "zstd -q", "gzip" })
        {
            string packed = $"{fixture.Scratch.Path}/packed";
            peers.Shell($"tar -C tree -c . | {compressor} > {packed}");
            string name = $"packed:{compressor.Split(' ')[0]}";
            fixture.ImportFile(packed, new ImageImportOptions { Name = name, Configuration = new ImageChanges { Cmd = ["/bin/sh"] } });
            peers.Shell($"{docker} load -q -i {Export(ImageArchiveFormat.Docker, name)}");
            Assert.Equal("one", peers.Shell($"c=$({docker} create {name}); {docker} export $c | tar -xO etc/one; {docker} rm $c >/dev/null; {docker} rmi {name} >/dev/null").Trim());
        }
    }

    [Theory]
    [InlineData(ImageArchiveFormat.Docker, "docker.io/library/app:ours")]
    [InlineData(ImageArchiveFormat.Oci, "docker.io/library/app:ours")]
    public void Podman_loads_what_is_exported(ImageArchiveFormat format, string name)
    {
        fixture.ImportFile(peers.DockerArchive());
        Rename("ours");
        string podman = peers.Podman;
        Assert.Equal($"Loaded image: {name}", peers.Shell($"{podman} load -q -i {Export(format, "app:ours")}").Trim());
        Assert.Equal("two", peers.Shell($"cat $({podman} image mount {name})/etc/two; {podman} image umount {name} >/dev/null").Trim());
        Assert.Equal(fixture.Store.Get("app:ours").Id[7..], peers.Shell($"{podman} image inspect -f '{{{{.Id}}}}' {name}; {podman} rmi -f {name} >/dev/null").Trim());
    }

    [Fact]
    public void Skopeo_and_umoci_read_what_is_exported()
    {
        ScratchFolder.SkipWithout("skopeo");
        ScratchFolder.SkipWithout("umoci");
        fixture.ImportFile(peers.DockerArchive());
        string digest = fixture.Store.Get("app:2").Digest!;
        string docker = Export(ImageArchiveFormat.Docker, "team/base:1", "app:2");
        string oci = Export(ImageArchiveFormat.Oci, "team/base:1", "app:2");
        string folder = Export(ImageArchiveFormat.OciFolder, "team/base:1", "app:2");
        foreach (string source in new[] { $"oci-archive:{oci}:app:2", $"oci:{folder}:app:2", $"docker-archive:{docker}:app:2", $"oci-archive:{docker}:app:2" })
        {
            using JsonDocument inspected = JsonDocument.Parse(peers.Shell($"skopeo inspect {source}"));
            Assert.Equal("A=b", inspected.RootElement.GetProperty("Env").EnumerateArray().Last().GetString());
            if (source.StartsWith("oci", StringComparison.Ordinal))
            {
                Assert.Equal(digest, inspected.RootElement.GetProperty("Digest").GetString());
            }
        }

        peers.Shell($"cd {fixture.Scratch.Path}; skopeo copy -q docker-archive:{docker}:app:2 oci:copied:x; umoci unpack --image copied:x one; umoci unpack --image {folder}:app:2 two; cmp one/rootfs/etc/two two/rootfs/etc/two; umoci stat --image {folder}:team/base:1 > /dev/null");
    }

    private void CheckAll(IReadOnlyList<ImageInfo> images, string prefix)
    {
        Assert.Equal([$"{prefix}app:2", $"{prefix}other/app:3", $"{prefix}team/base:1"], images.Select(image => image.Name).Order(StringComparer.Ordinal));
        CheckApp(images.Single(image => image.Name == $"{prefix}app:2"), $"{prefix}app:2");
        ImageInfo lower = images.Single(image => image.Name == $"{prefix}team/base:1");
        Assert.Single(lower.Layers);
        Assert.Empty(lower.Configuration.Cmd);
        Assert.Empty(Directory.GetFileSystemEntries($"{fixture.State}/staging"));
    }

    private void CheckApp(ImageInfo image, string name)
    {
        Assert.Equal(name, image.Name);
        Assert.Equal(2, image.Layers.Count);
        Assert.Equal("one\n", fixture.Content(image, 0, "etc/one"));
        Assert.Equal("two\n", fixture.Content(image, 1, "etc/two"));
        Assert.Equal(["/bin/sh"], image.Configuration.Cmd);
        Assert.Contains("A=b", image.Configuration.Env);
        Assert.Equal("v", image.Configuration.Labels["k"]);
    }

    private IReadOnlyList<ImageInfo> ImportFolder(string path) => fixture.Archives.ImportFolder(path, new ImageImportOptions(), null, TestContext.Current.CancellationToken);

    // Under names that the peers do not have yet.
    private void Rename(string tag)
    {
        foreach ((string from, string to) in new[] { ("app:2", $"app:{tag}"), ("app:2", $"other:{tag}"), ("team/base:1", $"base:{tag}") })
        {
            using var stream = new MemoryStream();
            fixture.Archives.Export([from], ImageArchiveFormat.Oci, stream, null, TestContext.Current.CancellationToken);
            stream.Position = 0;
            fixture.Archives.Import(stream, new ImageImportOptions { Name = to }, null, TestContext.Current.CancellationToken);
        }
    }

    private string Export(ImageArchiveFormat format, params string[] names)
    {
        string path = $"{fixture.Scratch.Path}/{format}-{Guid.NewGuid():N}";
        fixture.Archives.Export(names, format, path, force: false, null, TestContext.Current.CancellationToken);
        return path;
    }
}
