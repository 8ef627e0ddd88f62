using System.Text;
using System.Text.RegularExpressions;
using Containers.Engine.Images;
using Containers.Engine.Images.Archives;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Images.Archives;

/// <summary>Archives made to confuse or to escape. Each is refused with nothing left, indexed and from a pipe alike.</summary>
public sealed class HostileArchiveTests : IDisposable
{
    private static readonly byte[] Layer = ArchiveFixture.Layer("file", "content");
    private static readonly byte[] Config = ArchiveFixture.Config(Layer);
    private readonly ArchiveFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Fact]
    public void The_archive_that_the_others_are_made_of_is_imported_where_nothing_is_wrong() =>
        Assert.Equal("a:1", Assert.Single(fixture.Import(Parts().Bytes("manifest.json", Manifest()).End())).Name);

    [Theory]
    [InlineData("../outside")]
    [InlineData("/absolute")]
    [InlineData("blobs/../../x")]
    public void Names_out_of_the_archive_are_refused(string name) => fixture.Refused(Parts().File(name, "x").Bytes("manifest.json", Manifest()).End());

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../../../../etc/passwd")]
    public void Links_out_of_the_archive_are_refused(string target)
    {
        fixture.Refused(Parts().Symlink("link.tar", target).Bytes("manifest.json", Manifest(layers: ["link.tar"])).End());
        fixture.Refused(Parts().HardLink("link.tar", target).Bytes("manifest.json", Manifest(layers: ["link.tar"])).End());
    }

    [Fact]
    public void Links_in_a_circle_to_nothing_or_to_a_folder_are_refused()
    {
        fixture.Refused(Parts().Symlink("a.tar", "b.tar").Symlink("b.tar", "a.tar").Bytes("manifest.json", Manifest(layers: ["a.tar"])).End());
        fixture.Refused(Parts().Symlink("a.tar", "gone.tar").Bytes("manifest.json", Manifest(layers: ["a.tar"])).End());
        fixture.Refused(Parts().Folder("d").Symlink("a.tar", "d").Bytes("manifest.json", Manifest(layers: ["a.tar"])).End());
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../layer.tar")]
    [InlineData("gone.tar")]
    [InlineData("")]
    [InlineData("blobs/\u001b[2Jx")]
    public void Paths_of_the_manifest_that_the_archive_does_not_hold_are_refused(string path)
    {
        fixture.Refused(Parts().Bytes("manifest.json", Manifest(layers: [path])).End());
        fixture.Refused(Parts().Bytes("manifest.json", Manifest(config: path)).End());
    }

    [Fact]
    public void Two_entries_of_one_name_are_refused()
    {
        fixture.Refused(Parts().Bytes("manifest.json", Manifest()).Bytes("manifest.json", Manifest(["b:1"])).End());
        fixture.Refused(Parts().Bytes("./layer.tar", Layer).Bytes("manifest.json", Manifest()).End());
    }

    [Fact]
    public void A_device_in_an_image_archive_is_refused() => fixture.Refused(Parts().Raw(TarBuilder.Header("null", '3', major: 1, minor: 3)).Bytes("manifest.json", Manifest()).End());

    [Fact]
    public void A_configuration_of_another_number_of_layers_is_refused()
    {
        fixture.Refused(Parts().Bytes("manifest.json", Manifest(layers: ["layer.tar", "layer.tar"])).End());
        fixture.Refused(Parts().Bytes("manifest.json", Manifest(layers: [])).End(), EngineErrorReason.NotSupported);
    }

    [Fact]
    public void A_layer_of_other_content_than_the_configuration_says_is_refused() =>
        fixture.Refused(new TarBuilder().Bytes(ConfigName, Config).Bytes("layer.tar", ArchiveFixture.Layer("file", "changed")).Bytes("manifest.json", Manifest()).End());

    [Fact]
    public void A_configuration_whose_name_is_another_digest_is_refused() =>
        fixture.Refused(new TarBuilder().Bytes($"{new string('0', 64)}.json", Config).Bytes("layer.tar", Layer).Bytes("manifest.json", Manifest(config: $"{new string('0', 64)}.json")).End());

    [Theory]
    [InlineData("Not A Name")]
    [InlineData("a:\u001b[31m")]
    [InlineData("host:latest")]
    [InlineData("")]
    public void Names_that_no_image_may_have_are_refused_unless_another_is_given(string name)
    {
        byte[] archive = Parts().Bytes("manifest.json", Manifest([name])).End();
        fixture.Refused(archive);
        Assert.Equal("good:latest", Assert.Single(fixture.Import(archive, new ImageImportOptions { Name = "good" })).Name);
    }

    [Fact]
    public void One_name_for_two_images_is_refused()
    {
        byte[] other = ArchiveFixture.Layer("file", "other");
        fixture.Refused(Parts().Bytes("other.tar", other).Bytes("other.json", ArchiveFixture.Config(other)).Bytes("manifest.json", ArchiveFixture.Json(new[]
        {
            new { Config = ConfigName, RepoTags = new[] { "a:1" }, Layers = new[] { "layer.tar" } },
            new { Config = "other.json", RepoTags = new[] { "docker.io/library/a:1" }, Layers = new[] { "other.tar" } },
        })).End());
    }

    [Fact]
    public void Documents_that_are_too_long_are_refused_without_being_read()
    {
        byte[] zeros = new byte[17 << 20];
        fixture.Refused(Parts().Bytes("manifest.json", zeros).End(), EngineErrorReason.LimitExceeded);
        fixture.Refused(new TarBuilder().Bytes("oci-layout", ArchiveFixture.Json(new { imageLayoutVersion = "1.0.0" })).Bytes("index.json", zeros).End(), EngineErrorReason.LimitExceeded);
    }

    [Fact]
    public void A_document_named_again_and_again_is_read_only_so_often()
    {
        byte[] config = [.. Config, .. Enumerable.Repeat((byte)' ', 1 << 20)];
        fixture.Refused(
            new TarBuilder().Bytes("config.json", config).Bytes("layer.tar", Layer)
                .Bytes("manifest.json", ArchiveFixture.Json(Enumerable.Repeat(new { Config = "config.json", RepoTags = Array.Empty<string>(), Layers = new[] { "layer.tar" } }, 100))).End(),
            EngineErrorReason.LimitExceeded);
    }

    [Fact]
    public void Paths_that_are_too_long_are_refused()
    {
        string name = string.Join('/', Enumerable.Repeat(new string('d', 100), 8));
        fixture.Refused(Parts().Pax(("path", name)).File("x").Bytes("manifest.json", Manifest()).End(), EngineErrorReason.LimitExceeded);
    }

    [Fact]
    public void More_entries_than_an_archive_has_are_refused()
    {
        TarBuilder builder = Parts();
        for (int i = 0; i < 66_000; i++)
        {
            builder.File($"{i}", string.Empty);
        }

        fixture.Refused(builder.Bytes("manifest.json", Manifest()).End(), EngineErrorReason.LimitExceeded);
    }

    [Fact]
    public void More_layers_than_an_image_can_have_are_refused() =>
        fixture.Refused(Parts().Bytes("manifest.json", Manifest(layers: [.. Enumerable.Repeat("layer.tar", 501)])).End(), EngineErrorReason.LimitExceeded);

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("[null]")]
    [InlineData("[{\"Config\":null}]")]
    [InlineData("[{\"Config\":\"config.json\",\"Config\":\"other.json\",\"Layers\":[]}]")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")]
    public void A_manifest_that_is_none_is_refused(string manifest) => fixture.Refused(Parts().Bytes("manifest.json", Encoding.UTF8.GetBytes(manifest)).End());

    [Fact]
    public void Nothing_that_a_document_leaves_out_or_sets_to_null_is_more_than_an_error()
    {
        SortedDictionary<string, byte[]> whole = ArchiveFixture.Layout("a:1", Layer);
        string index = Encoding.UTF8.GetString(whole["index.json"]);
        string manifest = Encoding.UTF8.GetString(whole.Values.Single(content => ArchiveFixture.Text(content).Contains("\"kept\"", StringComparison.Ordinal)));
        string config = Encoding.UTF8.GetString(Config);
        Assert.InRange(Damages(manifest).Count(), 50, 500);
        foreach ((string before, string after) in Damages(config))
        {
            byte[] changed = Encoding.UTF8.GetBytes(after);
            ImportsOrRefuses(ArchiveFixture.Tar(Rebuilt(index, manifest.Replace(Digest.Of(Config), Digest.Of(changed), StringComparison.Ordinal).Replace($"\"size\":{Config.Length}", $"\"size\":{changed.Length}", StringComparison.Ordinal), changed)), before);
        }

        foreach ((string before, string after) in Damages(manifest))
        {
            ImportsOrRefuses(ArchiveFixture.Tar(Rebuilt(index, after, Config)), before);
        }

        foreach ((string before, string after) in Damages(index))
        {
            ImportsOrRefuses(ArchiveFixture.Tar(new SortedDictionary<string, byte[]>(whole, StringComparer.Ordinal) { ["index.json"] = Encoding.UTF8.GetBytes(after) }), before);
        }

        foreach ((string before, string after) in Damages(Encoding.UTF8.GetString(Manifest())))
        {
            ImportsOrRefuses(Parts().Bytes("manifest.json", Encoding.UTF8.GetBytes(after)).End(), before);
        }

        SortedDictionary<string, byte[]> Rebuilt(string oldIndex, string newManifest, byte[] newConfig)
        {
            var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal) { ["oci-layout"] = whole["oci-layout"] };
            _ = ArchiveFixture.Blob(files, OciMediaType.Layer, Layer);
            _ = ArchiveFixture.Blob(files, OciMediaType.Config, newConfig);
            _ = ArchiveFixture.Blob(files, OciMediaType.Manifest, Encoding.UTF8.GetBytes(newManifest));
            files["index.json"] = Encoding.UTF8.GetBytes(oldIndex.Replace(Digest.Of(Encoding.UTF8.GetBytes(manifest)), Digest.Of(Encoding.UTF8.GetBytes(newManifest)), StringComparison.Ordinal)
                .Replace($"\"size\":{Encoding.UTF8.GetByteCount(manifest)}", $"\"size\":{Encoding.UTF8.GetByteCount(newManifest)}", StringComparison.Ordinal));
            return files;
        }
    }

    [Fact]
    public void Bytes_changed_anywhere_are_refused_or_do_not_matter()
    {
        var random = new Random(20);
        byte[][] wholes = [Parts().Bytes("manifest.json", Manifest()).End(), ArchiveFixture.Tar(ArchiveFixture.Layout("a:1", Layer)), ArchiveFixture.Docker(["a:1"], Layer).End()];
        for (int i = 0; i < 150; i++)
        {
            byte[] archive = [.. wholes[i % wholes.Length]];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                archive[random.Next(archive.Length)] = (byte)random.Next(256);
            }

            ImportsOrRefuses(archive, $"change {i}");
        }
    }

    [Fact]
    public void Images_without_a_manifest_are_refused_and_not_taken_for_a_root_file_system() => fixture.Refused(Parts().End(), options: new ImageImportOptions { Name = "a" });

    [Fact]
    public void A_cut_archive_is_refused_wherever_it_is_cut()
    {
        byte[] archive = Parts().Bytes("manifest.json", Manifest()).End();
        foreach (int length in new[] { 100, 512, 700, 2000, archive.Length - 1500, archive.Length - 1024 - 100 })
        {
            fixture.Refused(archive[..length]);
        }
    }

    [Fact]
    public void A_layer_that_climbs_out_of_its_root_is_refused()
    {
        byte[] evil = new TarBuilder().File("../../escaped", "x").End();
        fixture.Refused(ArchiveFixture.Docker(["a:1"], evil).End());
        Assert.False(File.Exists($"{fixture.State}/escaped"));
    }

    private static string ConfigName => $"{Digest.Hex(Digest.Of(Config))}.json";

    private static TarBuilder Parts() => new TarBuilder().Bytes(ConfigName, Config).Bytes("layer.tar", Layer);

    private static byte[] Manifest(string[]? tags = null, string? config = null, string[]? layers = null) =>
        ArchiveFixture.Json(new[] { new { Config = config ?? ConfigName, RepoTags = tags ?? ["a:1"], Layers = layers ?? ["layer.tar"] } });

    // Each value of a document in turn replaced by what it should not be.
    private static IEnumerable<(string What, string Document)> Damages(string document)
    {
        string[] forms = ["\"[^\"]*\"(?!:)", "[0-9]+", "\\[[^\\[\\]]*\\]", "\\{[^{}]*\\}"];
        foreach (Match match in forms.SelectMany(form => Regex.Matches(document, $"(?<=[:\\[,]){form}", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5))))
        {
            foreach (string other in new[] { "null", "\"\"", "-1", "[]", "{}", "[null]", "99999999999999999999" })
            {
                yield return ($"{match.Value} at {match.Index} became {other}", document[..match.Index] + other + document[(match.Index + match.Length)..]);
            }
        }
    }

    private void ImportsOrRefuses(byte[] archive, string what)
    {
        using var pipe = new OneWayStream(archive);
        try
        {
            foreach (ImageInfo image in fixture.Archives.Import(pipe, new ImageImportOptions { DefaultName = "a" }, null, TestContext.Current.CancellationToken))
            {
                fixture.Store.Remove(image.Name ?? image.Id, force: true);
            }
        }
        catch (EngineException failure)
        {
            Assert.True(failure.Reason is EngineErrorReason.InvalidData or EngineErrorReason.NotSupported or EngineErrorReason.LimitExceeded or EngineErrorReason.NotFound or EngineErrorReason.InvalidArgument, $"{what}: {failure.Reason}: {failure.Message}");
        }
        catch (Exception failure) when (failure is not EngineException)
        {
            Assert.Fail($"{what}: {failure}");
        }

        fixture.AssertEmpty();
    }
}
