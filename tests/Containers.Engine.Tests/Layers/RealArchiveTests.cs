using System.Diagnostics;
using Containers.Engine.Layers;
using Containers.Interop;

namespace Containers.Engine.Tests.Layers;

public sealed class RealArchiveTests(ITestOutputHelper output)
{
    private const string Debian = "/var/tmp/pscontainers-test-inputs/debian.tar";

    [Fact]
    public void A_real_Debian_root_file_system_comes_out_as_tar_unpacks_it()
    {
        if (!File.Exists(Debian))
        {
            Assert.Skip($"{Debian} is not there (made by mmdebstrap --variant=minbase bookworm)");
        }

        using var scratch = new ScratchFolder();
        string ours = scratch.MakeFolder("ours");
        string theirs = scratch.MakeFolder("theirs");
        var watch = Stopwatch.StartNew();
        using (FileStream archive = File.OpenRead(Debian))
        using (FileDescriptor root = ScratchFolder.Open(ours))
        {
            ExtractionResult result = LayerExtractor.Extract(archive, root, ExtractionOptions.RootFileSystem, TestContext.Current.CancellationToken);
            output.WriteLine($"{result} in {watch.ElapsedMilliseconds} ms");
        }

        scratch.Shell($"tar -xpf {Debian} -C theirs --numeric-owner --xattrs --xattrs-include='*'");
        List<string> expected = TreeListing.Of(scratch, theirs);
        Assert.True(expected.Count > 5000, "the oracle lists nothing");
        Assert.Equal(expected, TreeListing.Of(scratch, ours));
    }
}
