using System.Text;
using Containers.Engine.Layers;
using Containers.Interop;

namespace Containers.Engine.Tests.Layers;

/// <summary>A folder, layers that the engine writes of trees in it, and what others make of those.</summary>
internal sealed class WrittenTree : IDisposable
{
    /// <summary>A tree of every kind of file, in <c>src</c>.</summary>
    public static string Everything => FidelityTests.MakeTree.Replace("LONG", FidelityTests.LongNames, StringComparison.Ordinal)
        + "\n" + "ln pipe pipe2; ln char char2; mkdir xattrs; touch -d '1999-09-09 09:09:09.987654321' .";

    public ScratchFolder Scratch { get; } = new();

    public WrittenLayer Write(string tree, string archive, LayerWriteOptions? options = null)
    {
        using FileStream output = File.Create($"{Scratch.Path}/{archive}");
        using FileDescriptor root = ScratchFolder.Open($"{Scratch.Path}/{tree}");
        WrittenLayer written = LayerWriter.Write(root, output, options ?? new LayerWriteOptions { Compression = LayerCompressionKind.None }, TestContext.Current.CancellationToken);
        Assert.Equal(output.Length, written.BlobSize);
        return written;
    }

    public void Extract(string archive, string folder, ExtractionOptions? options = null)
    {
        Scratch.MakeFolder(folder);
        using FileStream stream = File.OpenRead($"{Scratch.Path}/{archive}");
        using FileDescriptor root = ScratchFolder.Open($"{Scratch.Path}/{folder}");
        LayerExtractor.Extract(stream, root, options ?? ExtractionOptions.Layer, TestContext.Current.CancellationToken);
    }

    public List<string> Listing(string folder) => TreeListing.Of(Scratch, $"{Scratch.Path}/{folder}");

    /// <summary>Makes a docker-archive of layers.</summary>
    public void MakeDockerArchive(string archive, string name, params string[] layers)
    {
        string diffIds = string.Join(',', layers.Select(layer => $"\"{Engine.Images.Digest.Of(File.ReadAllBytes($"{Scratch.Path}/{layer}"))}\""));
        File.WriteAllText(
            $"{Scratch.Path}/config.json",
            $$"""{"architecture":"amd64","os":"linux","config":{"Cmd":["/bin/busybox"]},"rootfs":{"type":"layers","diff_ids":[{{diffIds}}]},"history":[{{string.Join(',', layers.Select(_ => "{}"))}}]}""",
            new UTF8Encoding(false));
        File.WriteAllText(
            $"{Scratch.Path}/manifest.json",
            $$"""[{"Config":"config.json","RepoTags":["{{name}}"],"Layers":[{{string.Join(',', layers.Select(layer => $"\"{layer}\""))}}]}]""",
            new UTF8Encoding(false));
        Scratch.Shell($"tar -cf {archive} manifest.json config.json {string.Join(' ', layers)}");
    }

    public void Dispose() => Scratch.Dispose();
}
