using Containers.Engine.Images;
using Containers.Engine.Images.Archives;

namespace Containers.Engine.Tests.Images.Archives;

/// <summary>OCI layouts made to confuse or to escape, in archives and in folders. Each is refused with nothing left.</summary>
public sealed class HostileLayoutTests : IDisposable
{
    private static readonly byte[] Layer = ArchiveFixture.Layer("file", "content");
    private static readonly byte[] Config = ArchiveFixture.Config(Layer);
    private readonly ArchiveFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Fact]
    public void Layouts_with_blobs_of_other_content_or_size_are_refused()
    {
        SortedDictionary<string, byte[]> whole = ArchiveFixture.Layout("a:1", Layer);
        foreach (string path in whole.Keys.Where(path => path.StartsWith("blobs/", StringComparison.Ordinal)).ToList())
        {
            byte[] content = whole[path];
            Refused(whole, path, [.. content[..^1], (byte)(content[^1] ^ 1)]);
            Refused(whole, path, [.. content, 0]);
            Refused(whole, path, content[..^1]);
        }
    }

    [Fact]
    public void Layouts_with_a_blob_missing_are_refused()
    {
        SortedDictionary<string, byte[]> whole = ArchiveFixture.Layout("a:1", Layer);
        foreach (string path in whole.Keys.Where(path => path.StartsWith("blobs/", StringComparison.Ordinal)).ToList())
        {
            SortedDictionary<string, byte[]> files = new(whole, StringComparer.Ordinal);
            files.Remove(path);
            fixture.Refused(ArchiveFixture.Tar(files));
        }
    }

    [Theory]
    [InlineData("an index in a manifest", EngineErrorReason.InvalidData)]
    [InlineData("a manifest in an index", EngineErrorReason.InvalidData)]
    [InlineData("a manifest of another type", EngineErrorReason.InvalidData)]
    [InlineData("a manifest said to be an index", EngineErrorReason.InvalidData)]
    [InlineData("an artifact", EngineErrorReason.NotSupported)]
    [InlineData("a digest of another algorithm", EngineErrorReason.NotSupported)]
    [InlineData("a digest with a path", EngineErrorReason.NotSupported)]
    [InlineData("an old schema", EngineErrorReason.NotSupported)]
    [InlineData("a negative size", EngineErrorReason.InvalidData)]
    public void Documents_that_could_be_read_in_two_ways_are_refused(string what, EngineErrorReason reason)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        Dictionary<string, object> config = ArchiveFixture.Blob(files, what == "an artifact" ? "application/vnd.cncf.helm.config.v1+json" : OciMediaType.Config, Config);
        Dictionary<string, object> layer = ArchiveFixture.Blob(files, OciMediaType.Layer, Layer);
        switch (what)
        {
            case "a digest of another algorithm":
                layer["digest"] = "sha512:" + new string('a', 128);
                break;
            case "a digest with a path":
                layer["digest"] = "sha256:../../../../etc/passwd";
                break;
            case "a negative size":
                layer["size"] = -1;
                break;
        }

        var manifest = new Dictionary<string, object> { ["schemaVersion"] = what == "an old schema" ? 1 : 2, ["config"] = config, ["layers"] = new[] { layer } };
        if (what == "an index in a manifest")
        {
            manifest["manifests"] = Array.Empty<object>();
        }

        if (what == "a manifest of another type")
        {
            manifest["mediaType"] = OciMediaType.Index;
        }

        Dictionary<string, object> entry = ArchiveFixture.Blob(files, what == "a manifest said to be an index" ? OciMediaType.Index : OciMediaType.Manifest, ArchiveFixture.Json(manifest));
        var index = new Dictionary<string, object> { ["schemaVersion"] = 2, ["manifests"] = new[] { entry } };
        if (what == "a manifest in an index")
        {
            index["layers"] = Array.Empty<object>();
        }

        files["index.json"] = ArchiveFixture.Json(index);
        files["oci-layout"] = ArchiveFixture.Json(new { imageLayoutVersion = "1.0.0" });
        fixture.Refused(ArchiveFixture.Tar(files), reason);
    }

    [Fact]
    public void An_archive_that_is_another_image_to_docker_than_to_the_rest_is_refused()
    {
        SortedDictionary<string, byte[]> files = ArchiveFixture.Layout("a:1", Layer);
        byte[] evil = ArchiveFixture.Layer("file", "evil");
        files["evil.tar"] = evil;
        files["evil.json"] = ArchiveFixture.Config(evil);
        foreach (string tag in new[] { "a:1", "b:1" })
        {
            files["manifest.json"] = ArchiveFixture.Json(new[] { new { Config = "evil.json", RepoTags = new[] { tag }, Layers = new[] { "evil.tar" } } });
            fixture.Refused(ArchiveFixture.Tar(files));
        }
    }

    [Fact]
    public void A_name_with_the_digest_of_another_image_is_refused()
    {
        string own = Digest.Of(ArchiveFixture.Layout(null, Layer).Values.Single(content => ArchiveFixture.Text(content).Contains("\"kept\"", StringComparison.Ordinal)));
        fixture.Refused(ArchiveFixture.Tar(ArchiveFixture.Layout($"a@{Digest.Of("other"u8)}", Layer)));
        fixture.Refused(ArchiveFixture.Docker([$"a@{own}"], Layer).End());
        fixture.Import(ArchiveFixture.Tar(ArchiveFixture.Layout($"a@{own}", Layer)));
        Assert.Equal(own, fixture.Store.Get($"a@{own}").Digest);
    }

    [Fact]
    public void Indexes_nested_without_end_are_refused()
    {
        SortedDictionary<string, byte[]> files = ArchiveFixture.Layout("a:1", Layer);
        byte[] inner = files["index.json"];
        for (int i = 0; i < 6; i++)
        {
            inner = ArchiveFixture.Json(new { schemaVersion = 2, manifests = new[] { ArchiveFixture.Blob(files, OciMediaType.Index, inner) } });
        }

        files["index.json"] = inner;
        fixture.Refused(ArchiveFixture.Tar(files), EngineErrorReason.LimitExceeded);
    }

    [Theory]
    [InlineData("ln -s /etc/passwd layout/index.json")]
    [InlineData("ln -s ../secret layout/oci-layout")]
    [InlineData("mkfifo layout/index.json")]
    [InlineData("mv layout/blobs moved; ln -s ../moved layout/blobs")]
    [InlineData("for f in layout/blobs/sha256/*; do mv $f moved; ln -s ../../../moved $f; done")]
    public void A_layouts_folder_is_not_left_through_links_and_no_pipe_in_it_is_waited_for(string change)
    {
        fixture.Write("layout.tar", ArchiveFixture.Tar(ArchiveFixture.Layout("a:1", Layer)));
        string name = change.Contains("layout/oci-layout", StringComparison.Ordinal) ? "oci-layout" : change.Contains("layout/index.json", StringComparison.Ordinal) ? "index.json" : "none";
        fixture.Scratch.Shell($"mkdir layout; tar -xf layout.tar -C layout; echo '{{}}' > secret; rm -f layout/{name}; {change}");
        EngineException failure = Assert.Throws<EngineException>(() =>
            fixture.Archives.ImportFolder($"{fixture.Scratch.Path}/layout", new ImageImportOptions(), null, TestContext.Current.CancellationToken));
        Assert.Equal(EngineErrorReason.InvalidData, failure.Reason);
        fixture.AssertEmpty();
    }

    private void Refused(SortedDictionary<string, byte[]> whole, string path, byte[] content) =>
        fixture.Refused(ArchiveFixture.Tar(new SortedDictionary<string, byte[]>(whole, StringComparer.Ordinal) { [path] = content }));
}
