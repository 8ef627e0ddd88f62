using System.Text;
using System.Text.Json;
using Containers.Engine.Images;
using Containers.Engine.Images.Archives;
using Containers.Engine.Storage;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Images.Archives;

/// <summary>A store with its door for archives, and images made by hand.</summary>
internal sealed class ArchiveFixture : IDisposable
{
    public ArchiveFixture()
    {
        Store = new ImageStore(new StorageRoots($"{Scratch.Path}/state", $"{Scratch.Path}/run"), () => []);
        Archives = new ImageArchives(Store);
    }

    public ScratchFolder Scratch { get; } = new();

    public ImageStore Store { get; }

    public ImageArchives Archives { get; }

    public string State => $"{Scratch.Path}/state";

    public static byte[] Layer(string name, string content) => new TarBuilder().Folder("./").Folder("etc").File($"etc/{name}", content).End();

    public static byte[] Config(params byte[][] layers) => Json(new
    {
        architecture = "amd64",
        os = "linux",
        config = new { Cmd = new[] { "/bin/sh" }, Env = new[] { "A=b" } },
        rootfs = new { type = "layers", diff_ids = layers.Select(layer => Digest.Of(layer)) },
    });

    public static byte[] Json(object document) => JsonSerializer.SerializeToUtf8Bytes(document);

    public static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>A docker archive of the newer kind: names are digests.</summary>
    public static TarBuilder Docker(string[] tags, params byte[][] layers)
    {
        byte[] config = Config(layers);
        var builder = new TarBuilder();
        foreach (byte[] layer in layers)
        {
            builder.Bytes($"{Digest.Hex(Digest.Of(layer))}.tar", layer);
        }

        return builder.Bytes($"{Digest.Hex(Digest.Of(config))}.json", config)
            .Bytes("manifest.json", Json(new[] { new { Config = $"{Digest.Hex(Digest.Of(config))}.json", RepoTags = tags, Layers = layers.Select(layer => $"{Digest.Hex(Digest.Of(layer))}.tar") } }));
    }

    /// <summary>An OCI layout's files.</summary>
    public static SortedDictionary<string, byte[]> Layout(string? name, params byte[][] layers)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        byte[] config = Config(layers);
        byte[] manifest = Json(new
        {
            schemaVersion = 2,
            mediaType = OciMediaType.Manifest,
            config = Blob(files, OciMediaType.Config, config),
            layers = layers.Select(layer => Blob(files, OciMediaType.Layer, layer)).ToArray(),
            annotations = new Dictionary<string, string> { ["kept"] = "yes" },
        });
        Dictionary<string, object> entry = Blob(files, OciMediaType.Manifest, manifest);
        if (name is not null)
        {
            entry["annotations"] = new Dictionary<string, string> { [OciDescriptor.RefName] = name };
        }

        files["oci-layout"] = Json(new { imageLayoutVersion = "1.0.0" });
        files["index.json"] = Json(new { schemaVersion = 2, manifests = new[] { entry } });
        return files;
    }

    public static Dictionary<string, object> Blob(IDictionary<string, byte[]> files, string mediaType, byte[] content)
    {
        files[$"blobs/sha256/{Digest.Hex(Digest.Of(content))}"] = content;
        return new Dictionary<string, object> { ["mediaType"] = mediaType, ["digest"] = Digest.Of(content), ["size"] = content.Length };
    }

    public static byte[] Tar(IEnumerable<KeyValuePair<string, byte[]>> files)
    {
        var builder = new TarBuilder();
        foreach ((string name, byte[] content) in files)
        {
            builder.Bytes(name, content);
        }

        return builder.End();
    }

    public string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes($"{Scratch.Path}/{name}", bytes);
        return $"{Scratch.Path}/{name}";
    }

    public IReadOnlyList<ImageInfo> ImportFile(string path, ImageImportOptions? options = null)
    {
        using FileStream archive = File.OpenRead(path.StartsWith('/') ? path : $"{Scratch.Path}/{path}");
        return Archives.Import(archive, options ?? new ImageImportOptions(), null, TestContext.Current.CancellationToken);
    }

    public IReadOnlyList<ImageInfo> Import(byte[] archive, ImageImportOptions? options = null)
    {
        // Every archive is read both ways, and both must say the same.
        string path = Write("archive.tar", archive);
        IReadOnlyList<ImageInfo> indexed = ImportFile(path, options);
        using (var other = new ArchiveFixture())
        using (var pipe = new OneWayStream(archive))
        {
            IReadOnlyList<ImageInfo> spooled = other.Archives.Import(pipe, options ?? new ImageImportOptions(), null, TestContext.Current.CancellationToken);
            Assert.True(pipe.IsAtEnd, "the pipe was not read to its end");
            Assert.Equal(indexed.Select(image => image.Name), spooled.Select(image => image.Name));
            Assert.Equal(indexed.Select(image => image.Layers), spooled.Select(image => image.Layers));
        }

        return indexed;
    }

    public EngineException Refused(byte[] archive, EngineErrorReason reason = EngineErrorReason.InvalidData, ImageImportOptions? options = null)
    {
        using var pipe = new OneWayStream(archive);
        EngineException spooled = Assert.Throws<EngineException>(() => Archives.Import(pipe, options ?? new ImageImportOptions(), null, TestContext.Current.CancellationToken));
        string path = Write("archive.tar", archive);
        EngineException failure = Assert.Throws<EngineException>(() => ImportFile(path, options));
        Assert.True(failure.Reason == reason, $"{failure.Reason} instead of {reason}: {failure.Message}");
        Assert.Equal((failure.Reason, failure.Message), (spooled.Reason, spooled.Message));
        Assert.DoesNotContain(failure.Message, char.IsControl);
        AssertEmpty();
        return failure;
    }

    public void AssertEmpty()
    {
        Assert.Single(Store.List());
        Assert.Empty(Directory.GetFileSystemEntries($"{State}/staging"));
        Assert.Empty(Directory.GetFileSystemEntries($"{State}/layers"));
        Assert.Empty(Directory.GetFileSystemEntries($"{State}/images/blobs/sha256"));
    }

    public string Content(ImageInfo image, int layer, string path) => File.ReadAllText($"{Store.LayerFolders(image)[layer]}/{path}");

    public void Dispose()
    {
        Store.Dispose();
        Scratch.Dispose();
    }
}
