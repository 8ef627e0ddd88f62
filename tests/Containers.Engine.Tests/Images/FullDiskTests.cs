using Containers.Engine.Images;
using Containers.Engine.Storage;
using Containers.Engine.Tests.Layers;

namespace Containers.Engine.Tests.Images;

/// <summary>A store on a disk that is too small: a tmpfs of the test's own.</summary>
public sealed class FullDiskTests : IDisposable
{
    private const int Megabyte = 1 << 20;
    private readonly ScratchFolder scratch = new();
    private readonly ImageStore store;

    public FullDiskTests()
    {
        scratch.Shell("mkdir disk && mount -t tmpfs -o size=8m,mode=700 none disk");
        store = new ImageStore(new StorageRoots($"{scratch.Path}/disk/state", $"{scratch.Path}/run"), () => []);
    }

    public void Dispose()
    {
        store.Dispose();
        scratch.Shell("umount disk");
        scratch.Dispose();
    }

    /// <param name="megabytes">The archive's content: more than fits as a blob, or fits once but not twice, as blob and files.</param>
    [Theory]
    [InlineData(20)]
    [InlineData(5)]
    public void An_import_that_fills_the_disk_says_so_and_frees_what_it_took(int megabytes)
    {
        using (var small = new MemoryStream(new TarBuilder().File("a", "kept").End()))
        {
            _ = store.Make(small, "kept", new ImageMakingOptions(), null, TestContext.Current.CancellationToken);
        }

        long before = Used();
        using var archive = new MemoryStream(new TarBuilder().File("big", new string('x', megabytes * Megabyte)).End());
        EngineException failure = Assert.Throws<EngineException>(
            () => store.Make(archive, "big", new ImageMakingOptions(), null, TestContext.Current.CancellationToken));

        Assert.Equal((EngineErrorReason.Storage, Containers.Interop.Errno.ENOSPC), (failure.Reason, failure.Errno));
        Assert.Equal(before, Used());
        Assert.Equal(["host", "kept:latest"], store.List().Select(image => image.Name));
        Assert.Empty(store.Test("kept", TestContext.Current.CancellationToken).Problems);
    }

    private long Used() => long.Parse(scratch.Shell("df --output=used disk | tail -1"), System.Globalization.CultureInfo.InvariantCulture);
}
