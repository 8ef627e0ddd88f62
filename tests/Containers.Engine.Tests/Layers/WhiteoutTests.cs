using Containers.Engine.Layers;

namespace Containers.Engine.Tests.Layers;

public sealed class WhiteoutTests
{
    [Fact]
    public void Removals_become_overlayfs_whiteouts_and_an_overlay_of_both_layers_shows_them()
    {
        using var fixture = new ExtractionFixture();
        fixture.Scratch.Shell("mkdir -p lower/dir lower/opaque lower/replaced; for f in lower/gone lower/kept lower/dir/gone lower/opaque/hidden lower/replaced/hidden; do echo low > $f; done");
        fixture.Extract(
            new TarBuilder().File(".wh.gone").Folder("dir").File("dir/.wh.gone").Folder("opaque").File("opaque/.wh..wh..opq").File("opaque/new", "1")
                .File(".wh.replaced").Folder("replaced").File("replaced/new", "2").File(".wh..wh.plnk").Folder(".wh..wh.orph").File(".wh..wh.orph/x").File("added", "3").End(),
            ExtractionOptions.Layer);
        fixture.Scratch.Shell("mkdir merged; mount -t overlay overlay -o lowerdir=root:lower merged");
        try
        {
            Assert.Equal("added\ndir\nkept\nopaque\nopaque/new\nreplaced\nreplaced/new\n", fixture.Scratch.Shell("find merged -mindepth 1 -printf '%P\\n' | sort"));
        }
        finally
        {
            fixture.Scratch.Shell("umount merged; rm -r merged lower");
        }

        fixture.CheckCanary();
    }

    [Fact]
    public void A_removal_concerns_lower_layers_only_whichever_comes_first()
    {
        using var fixture = new ExtractionFixture();
        fixture.Extract(
            new TarBuilder().File("a", "mine").File(".wh.a").File(".wh.b").File("b", "mine").Folder("c").File("c/x", "mine").File(".wh.c").End(), ExtractionOptions.Layer);
        Assert.Equal("a f \nb f \nc d \nc/x f \n", fixture.Listing());
        Assert.Contains("0x79", fixture.Scratch.Shell("getfattr -e hex -n trusted.overlay.opaque root/c"), StringComparison.Ordinal);
    }
}
