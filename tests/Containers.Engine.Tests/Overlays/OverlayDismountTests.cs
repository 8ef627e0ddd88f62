using System.Diagnostics;
using System.Runtime.CompilerServices;
using Containers.Engine.Overlays;

namespace Containers.Engine.Tests.Overlays;

public sealed class OverlayDismountTests : IDisposable
{
    private readonly OverlayWorkshop shop = new();

    public void Dispose() => shop.Dispose();

    [Fact]
    public void One_in_use_is_refused_with_its_users_and_goes_lazily()
    {
        OverlayMount overlay = shop.Mount(new OverlayOptions { Lower = [shop.Folder("lower", "a=lower")] });
        using var user = Process.Start(new ProcessStartInfo("/bin/sleep", "1000") { WorkingDirectory = overlay.Path })!;
        try
        {
            using (File.OpenRead($"{overlay.Path}/a"))
            {
                EngineException failure = Assert.Throws<EngineException>(() => shop.Engine.DismountOverlay(overlay));
                Assert.Equal(EngineErrorReason.Busy, failure.Reason);
                Assert.Contains($"sleep ({user.Id})", failure.Message, StringComparison.Ordinal);
                Assert.Contains($"this session ({Environment.ProcessId})", failure.Message, StringComparison.Ordinal);
                Assert.True(shop.IsAnythingMounted());
            }

            shop.Engine.DismountOverlay(overlay, isLazy: true);
            Assert.False(shop.IsAnythingMounted());
            Assert.True(File.Exists($"/proc/{user.Id}/cwd/a"));
        }
        finally
        {
            user.Kill();
            user.WaitForExit();
        }
    }

    [Fact]
    public void Only_an_overlay_of_that_very_path_is_found()
    {
        OverlayMount overlay = shop.Mount(new OverlayOptions { Lower = [shop.Folder("lower", "inner/")] });
        File.CreateSymbolicLink($"{shop.Root}/link", overlay.Path);

        Assert.Equal(overlay.MountId, shop.Engine.GetOverlay($"{shop.Root}/link").MountId);
        Assert.Contains($"the one on '{overlay.Path}'", NotFound($"{overlay.Path}/inner"), StringComparison.Ordinal);
        Assert.Contains("is not there", NotFound($"{shop.Root}/nothing"), StringComparison.Ordinal);
        Assert.Contains("No overlay", NotFound("/proc"), StringComparison.Ordinal);
        shop.Engine.DismountOverlay(overlay);
        Assert.Equal(EngineErrorReason.NotFound, Assert.Throws<EngineException>(() => shop.Engine.DismountOverlay(overlay)).Reason);

        string NotFound(string path)
        {
            EngineException failure = Assert.Throws<EngineException>(() => shop.Engine.GetOverlay(path));
            Assert.Equal(EngineErrorReason.NotFound, failure.Reason);
            return failure.Message;
        }
    }

    [Fact]
    public void A_listing_that_was_broken_off_keeps_nothing()
    {
        OverlayMount overlay = shop.Mount(new OverlayOptions { Lower = [shop.Folder("lower", "a=1", "b=2")] });
        BreakOff(overlay.Path);

        shop.Engine.DismountOverlay(overlay);

        Assert.False(shop.IsAnythingMounted());

        // As a pipeline does that is stopped.
        [MethodImpl(MethodImplOptions.NoInlining)]
        static void BreakOff(string folder) => Assert.True(Directory.EnumerateFileSystemEntries(folder).GetEnumerator().MoveNext());
    }

    [Fact]
    public void Of_two_on_one_path_the_upper_one_goes_first()
    {
        OverlayMount below = shop.Mount(new OverlayOptions { Lower = [shop.Folder("one", "a=1")] });
        OverlayMount above = shop.Mount(new OverlayOptions { Lower = [shop.Folder("two", "a=2")] });

        Assert.Equal(EngineErrorReason.Busy, Assert.Throws<EngineException>(() => shop.Engine.DismountOverlay(below)).Reason);
        Assert.Equal(above.MountId, shop.Engine.GetOverlay(above.Path).MountId);
        shop.Engine.DismountOverlay(above);
        Assert.Equal("1", File.ReadAllText($"{below.Path}/a"));
        shop.Engine.DismountOverlay(below);
        Assert.False(shop.IsAnythingMounted());
    }
}
