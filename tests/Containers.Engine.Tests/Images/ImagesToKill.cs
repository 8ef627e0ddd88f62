using System.Text.Json;
using Containers.Engine.Images;
using Containers.Engine.Tests.Layers;
using Containers.Engine.Tests.Runtime;

namespace Containers.Engine.Tests.Images;

/// <summary>The work on images of a session that another test kills, and the images it works on.</summary>
internal static class ImagesToKill
{
    private static readonly byte[] Bottom = new TarBuilder().Folder("etc").File("etc/bottom", "bottom").End();
    private static readonly byte[] Middle = new TarBuilder().File("etc/middle", "middle").File("big", new string('x', 100_000)).End();
    private static readonly byte[] Top = new TarBuilder().File("etc/top", "top").End();

    /// <summary>An image of one layer, that the other one shares.</summary>
    public static ImageOrigin Base => Origin("base", Bottom);

    /// <summary>An image of three layers.</summary>
    public static ImageOrigin App => Origin("app", Bottom, Middle, Top);

    /// <summary>Takes an image in, names it, reads it, and removes it.</summary>
    public static void Work(ImageStore store)
    {
        _ = store.TakeIn([App], null, CancellationToken.None);
        _ = store.AddTag("app", "other:1");
        using (store.OpenContent("app"))
        {
            store.Remove("app", force: false);
        }

        store.Remove("other:1", force: false);
        _ = store.TakeIn([App], null, CancellationToken.None);
    }

    private static ImageOrigin Origin(string name, params byte[][] layers) => new()
    {
        Names = [ImageName.Parse(name)],
        Layers = [.. layers.Select(layer => new LayerOrigin { DiffId = Digest.Of(layer), Digest = Digest.Of(layer), Size = layer.Length, Open = _ => new MemoryStream(layer) })],
        Describe = taken => new ImageDescription(JsonSerializer.SerializeToUtf8Bytes(
            new OciImage { Architecture = "amd64", RootFileSystem = new OciRootFileSystem { DiffIds = [.. taken.Select(layer => layer.DiffId)] } }, OciJson.Writer.OciImage)),
    };
}
