using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Containers.Engine.Images;

namespace Containers.Engine.Tests.Images;

/// <summary>Images of one layer, busybox, whose configuration is a test's own JSON text.</summary>
internal static class ConfiguredImage
{
    /// <summary>Takes an image into the engine's store.</summary>
    /// <param name="fixture">The engine.</param>
    /// <param name="name">Its name.</param>
    /// <param name="config">The member <c>config</c> of its configuration.</param>
    /// <param name="change">Changes the files; told their folder.</param>
    /// <param name="more">Further members of the configuration, each with a comma before it.</param>
    public static ImageInfo TakeIn(EngineFixture fixture, string name, string config, Action<string>? change = null, string more = "")
    {
        byte[] layer = Pack(fixture, change);
        string text = Text(config, more, Digest.Of(layer));
        return fixture.Engine.Images.TakeIn(
            [
                new ImageOrigin
                {
                    Layers = [new LayerOrigin { Open = _ => new MemoryStream(layer) }],
                    Describe = _ => new ImageDescription(Encoding.UTF8.GetBytes(text)),
                    Names = [ImageName.Parse(name)],
                },
            ],
            null, TestContext.Current.CancellationToken)[0];
    }

    /// <summary>Puts an image into the store's layout as another tool would, which checks nothing: a good one's configuration is replaced.</summary>
    /// <param name="fixture">The engine.</param>
    /// <param name="name">The name of a good image that is there.</param>
    /// <param name="change">Changes the configuration's text.</param>
    public static void Replace(EngineFixture fixture, string name, Func<string, string> change)
    {
        string layout = $"{fixture.StateRoot}/images";
        JsonNode index = JsonNode.Parse(File.ReadAllText($"{layout}/index.json"))!;
        JsonNode entry = index["manifests"]!.AsArray().Single(one => one!["annotations"]?["org.opencontainers.image.ref.name"]?.ToString() == name)!;
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(Blob(entry["digest"]!.ToString())))!;
        string text = change(File.ReadAllText(Blob(manifest["config"]!["digest"]!.ToString())));
        (manifest["config"]!["digest"], manifest["config"]!["size"]) = Write(text);
        (entry["digest"], entry["size"]) = Write(manifest.ToJsonString());
        File.WriteAllText($"{layout}/index.new", index.ToJsonString());
        File.Move($"{layout}/index.new", $"{layout}/index.json", overwrite: true);

        string Blob(string digest) => $"{layout}/blobs/sha256/{Digest.Hex(digest)}";

        (JsonNode Digest, JsonNode Size) Write(string content)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(content);
            File.WriteAllBytes(Blob(Digest.Of(bytes)), bytes);
            return (Digest.Of(bytes), bytes.Length);
        }
    }

    private static string Text(string config, string more, string diffId) => $$$"""
        {"created":"2024-05-06T07:08:09.123456789Z","architecture":"{{{ImageCatalog.MachineArchitecture}}}","os":"linux"{{{more}}},"config":{{{config}}},"rootfs":{"type":"layers","diff_ids":["{{{diffId}}}"]}}
        """;

    private static byte[] Pack(EngineFixture fixture, Action<string>? change)
    {
        string folder = $"image-{Guid.NewGuid():N}", root = fixture.MakeRoot(folder), archive = $"{fixture.Root}/{folder}.tar";
        change?.Invoke(root);
        using Process tar = Process.Start("tar", ["-C", root, "-cf", archive, "."]);
        tar.WaitForExit();
        Assert.Equal(0, tar.ExitCode);
        return File.ReadAllBytes(archive);
    }
}
