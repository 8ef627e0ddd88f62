using Containers.Engine.Layers;
using Containers.Interop;

namespace Containers.Engine.Tests.Layers;

/// <summary>A root to unpack into, with a canary folder beside it that no archive may reach.</summary>
internal sealed class ExtractionFixture : IDisposable
{
    private readonly ScratchFolder scratch = new();
    private readonly List<string> canaryBefore;

    public ExtractionFixture()
    {
        Root = scratch.MakeFolder("root");
        Canary = scratch.MakeFolder("canary");
        File.WriteAllText($"{Canary}/file", "untouched");
        scratch.Shell("mkdir canary/folder; echo x > canary/folder/inner; touch -d @1000000000 canary/folder/inner canary/folder canary/file canary");
        canaryBefore = TreeListing.Of(scratch, Canary);
    }

    public ScratchFolder Scratch => scratch;

    public string Root { get; }

    public string Canary { get; }

    public ExtractionResult Extract(byte[] archive, ExtractionOptions? options = null)
    {
        using var stream = new MemoryStream(archive);
        using FileDescriptor root = ScratchFolder.Open(Root);
        return LayerExtractor.Extract(stream, root, options ?? ExtractionOptions.RootFileSystem, TestContext.Current.CancellationToken);
    }

    public EngineException Refused(byte[] archive, EngineErrorReason reason = EngineErrorReason.InvalidData, ExtractionOptions? options = null)
    {
        EngineException failure = Assert.Throws<EngineException>(() => Extract(archive, options));
        Assert.True(failure.Reason == reason, $"{failure.Reason} instead of {reason}: {failure.Message}");
        CheckCanary();
        return failure;
    }

    public void CheckCanary()
    {
        Assert.Equal(canaryBefore, TreeListing.Of(scratch, Canary));
        Assert.Equal(["canary", "root"], Directory.EnumerateFileSystemEntries(scratch.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    public string Listing() => scratch.Shell("find root -mindepth 1 -printf '%P %y %l\\n' | sort");

    public void Dispose() => scratch.Dispose();
}
