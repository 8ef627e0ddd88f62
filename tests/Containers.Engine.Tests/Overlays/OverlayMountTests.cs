using System.Diagnostics;
using Containers.Engine.Overlays;
using Containers.Interop;

namespace Containers.Engine.Tests.Overlays;

public sealed class OverlayMountTests : IDisposable
{
    private readonly OverlayWorkshop shop = new();

    public void Dispose() => shop.Dispose();

    [Fact]
    public void What_is_written_goes_to_the_upper_folder_and_the_lower_ones_stay()
    {
        string top = shop.Folder("top", "a=top"), bottom = shop.Folder("bottom", "a=bottom", "b=bottom", "gone=bottom");

        using OverlayMount overlay = shop.Mount(shop.Writable(top, bottom));
        Assert.Equal("top", File.ReadAllText($"{overlay.Path}/a"));
        File.WriteAllText($"{overlay.Path}/b", "changed");
        File.Delete($"{overlay.Path}/gone");

        Assert.Equal(("bottom", "changed"), (File.ReadAllText($"{bottom}/b"), File.ReadAllText($"{shop.Root}/upper/b")));
        Assert.True(File.Exists($"{bottom}/gone"));
        Assert.False(File.Exists($"{overlay.Path}/gone"));
        Assert.False(overlay.IsReadOnly);
        Assert.Equal([top, bottom, $"{shop.Root}/upper", $"{shop.Root}/work"], [.. overlay.Lower, overlay.Upper!, overlay.Work!]);

        string[] fields = OverlayWorkshop.Line(overlay).Split(' ');
        Assert.Equal((overlay.Device, overlay.Path), (fields[2], fields[4]));
        shop.Engine.DismountOverlay(overlay);
        Assert.False(shop.IsAnythingMounted());
        Assert.Equal("changed", File.ReadAllText($"{shop.Root}/upper/b"));
    }

    [Fact]
    public void One_lower_folder_alone_is_an_overlay_to_read()
    {
        string only = shop.Folder("only", "a=only");

        using OverlayMount overlay = shop.Mount(new OverlayOptions { Lower = [only] });

        Assert.Equal("only", File.ReadAllText($"{overlay.Path}/a"));
        _ = Assert.Throws<IOException>(() => File.WriteAllText($"{overlay.Path}/b", "x"));
        Assert.True(overlay.IsReadOnly);
        Assert.Equal([only], overlay.Lower);
        Assert.Equal([only], Assert.Single(shop.Engine.ListOverlays(), one => one.Path == overlay.Path).Lower);
    }

    [Fact]
    public void Read_only_with_an_upper_folder_shows_what_that_holds()
    {
        string lower = shop.Folder("lower", "a=lower");
        OverlayOptions options = shop.Writable(lower);
        _ = shop.Folder("upper", "a=upper");

        using OverlayMount overlay = shop.Mount(options with { ReadOnly = true });

        Assert.Equal("upper", File.ReadAllText($"{overlay.Path}/a"));
        _ = Assert.Throws<IOException>(() => File.WriteAllText($"{overlay.Path}/a", "x"));
        Assert.True(overlay.IsReadOnly);
    }

    [Fact]
    public void Options_and_flags_reach_the_kernel()
    {
        using OverlayMount overlay = shop.Mount(shop.Writable(shop.Folder("lower")) with { Options = ["userxattr", "volatile", "nosuid", "noexec"] });

        string[] fields = OverlayWorkshop.Line(overlay).Split(' ');
        Assert.Superset(new HashSet<string> { "nosuid", "noexec" }, fields[5].Split(',').ToHashSet());
        Assert.Superset(new HashSet<string> { "nosuid", "noexec", "userxattr" }, overlay.Options.ToHashSet());
        Assert.Contains(overlay.Options, option => option is "volatile" or "fsync=volatile");
        Assert.DoesNotContain(overlay.Options, option => option.Contains("dir=", StringComparison.Ordinal) && !option.StartsWith("redirect_dir", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(65)]
    [InlineData(500)]
    public void Many_lower_folders_are_taken_in_their_order(int count)
    {
        string[] lower = [.. Enumerable.Range(0, count).Select(i => shop.Folder($"l{i}", $"common={i}", $"own{i}={i}"))];

        using OverlayMount overlay = shop.Mount(new OverlayOptions { Lower = lower });

        Assert.Equal("0", File.ReadAllText($"{overlay.Path}/common"));
        Assert.Equal(count + 1, Directory.GetFiles(overlay.Path).Length);
        Assert.Equal(lower, overlay.Lower);
        IReadOnlyList<OverlayFile> found = shop.Engine.FindInOverlay(overlay, $"own{count - 1}");
        Assert.Equal(lower[^1], Assert.Single(found).Layer);
        Assert.Equal(count, shop.Engine.FindInOverlay(overlay, "common").Count);
    }

    [Fact]
    public void More_than_500_lower_folders_are_refused_with_their_number()
    {
        string[] lower = [.. Enumerable.Range(0, 501).Select(i => shop.Folder($"l{i}"))];

        EngineException failure = Assert.Throws<EngineException>(() => shop.Mount(new OverlayOptions { Lower = lower }));

        Assert.Equal(EngineErrorReason.LimitExceeded, failure.Reason);
        Assert.Contains("501", failure.Message, StringComparison.Ordinal);
        Assert.Contains("500", failure.Message, StringComparison.Ordinal);
        Assert.False(shop.IsAnythingMounted());
    }

    [Theory]
    [InlineData("colon:colon::twice")]
    [InlineData("comma,comma")]
    [InlineData("back\\slash\\054\\:")]
    [InlineData("space tab\tline\nend")]
    [InlineData("#hash=equals'\"ä→")]
    public void Names_may_have_any_character(string name)
    {
        string lower = shop.Folder($"{name}/lower", "a=lower"), second = shop.Folder($"{name}/second", "b=second");
        var options = new OverlayOptions { Lower = [lower, second], Upper = shop.Folder($"{name}/upper"), Work = shop.Folder($"{name}/work") };

        OverlayMount mounted = shop.Engine.MountOverlay(options, shop.Folder($"{name}/merged"));

        File.WriteAllText($"{mounted.Path}/c", "new");
        Assert.Equal(("lower", "second", "new"), (File.ReadAllText($"{mounted.Path}/a"), File.ReadAllText($"{mounted.Path}/b"), File.ReadAllText($"{options.Upper}/c")));
        OverlayMount listed = Assert.Single(shop.Engine.ListOverlays(), one => one.MountId == mounted.MountId);
        Assert.Equal([lower, second, options.Upper, options.Work, $"{shop.Root}/{name}/merged"], [.. listed.Lower, listed.Upper!, listed.Work!, listed.Path]);
        Assert.Equal($"{second}/b", Assert.Single(shop.Engine.FindInOverlay(listed, "b")).Source);
        shop.Engine.DismountOverlay(shop.Engine.GetOverlay(listed.Path));
        Assert.False(shop.IsAnythingMounted());
    }

    [Fact]
    public void Paths_may_be_longer_than_the_kernels_options()
    {
        // 24 paths of 2,000 bytes: one is longer than what fsconfig(2) takes, and all are longer than what mount(2) takes.
        string deep = string.Join('/', Enumerable.Repeat(new string('n', 200), 9));
        string[] lower = [.. Enumerable.Range(0, 24).Select(i => shop.Folder($"{i}/{deep}", $"own{i}={i}"))];
        Assert.True(lower[0].Length > 1800);

        using OverlayMount overlay = shop.Mount(new OverlayOptions { Lower = lower });

        Assert.Equal(24, Directory.GetFiles(overlay.Path).Length);
        Assert.Equal(lower, overlay.Lower);
    }

    [Fact]
    public void A_detached_one_is_in_no_table_and_goes_with_its_object()
    {
        string lower = shop.Folder("lower", "a=lower");
        string path;
        using (OverlayMount overlay = shop.Engine.MountOverlay(shop.Writable(lower), target: null))
        {
            path = overlay.Path;
            Assert.True(overlay.IsDetached);
            Assert.False(shop.IsAnythingMounted());
            File.WriteAllText($"{path}/b", "written");
            Assert.Equal("written", File.ReadAllText($"{shop.Root}/upper/b"));

            // Another program too.
            using var other = Process.Start(new ProcessStartInfo("/bin/cat", [$"{path}/a", $"{path}/b"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
            Assert.Equal("lowerwritten", other.StandardOutput.ReadToEnd());
            other.WaitForExit();
            Assert.Same(overlay, Assert.Single(shop.Engine.ListOverlays(), one => one.IsDetached));
            Assert.Equal([OverlayFileState.Shown], shop.Engine.FindInOverlay(overlay, "b").Select(one => one.State));
        }

        Assert.False(Directory.Exists(path));
        Assert.DoesNotContain(shop.Engine.ListOverlays(), one => one.IsDetached);
    }

    [Fact]
    public void A_detached_one_can_be_a_layer_of_another()
    {
        using OverlayMount inner = shop.Engine.MountOverlay(new OverlayOptions { Lower = [shop.Folder("one", "a=1"), shop.Folder("two", "b=2")] }, target: null);

        using OverlayMount outer = shop.Mount(new OverlayOptions { Lower = [shop.Folder("three", "c=3"), inner.Path] });

        Assert.Equal(["a", "b", "c"], Directory.GetFiles(outer.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(inner.Path, outer.Lower[1]);
        Assert.Equal("1", File.ReadAllText(Assert.Single(shop.Engine.FindInOverlay(outer, "a")).Source));
    }

    [Fact]
    public void What_cannot_be_mounted_is_refused_with_the_reason_and_nothing_is_left()
    {
        string lower = shop.Folder("lower", "inner/", "file=x"), second = shop.Folder("second"), upper = shop.Folder("upper"), work = shop.Folder("work");
        Refused(EngineErrorReason.InvalidArgument, "named twice", new() { Lower = [lower, lower] });
        Refused(EngineErrorReason.InvalidArgument, $"lies in '{lower}'", new() { Lower = [$"{lower}/inner", lower] });
        Refused(EngineErrorReason.InvalidArgument, "lies in", new() { Lower = [lower], Upper = upper, Work = shop.Folder("upper/work") });
        Refused(EngineErrorReason.InvalidArgument, "same mount", new() { Lower = [lower], Upper = upper, Work = "/dev/shm" });
        Refused(EngineErrorReason.InvalidArgument, "work folder", new() { Lower = [lower], Upper = upper });
        Refused(EngineErrorReason.InvalidArgument, "upper folder", new() { Lower = [lower], Work = work });
        Refused(EngineErrorReason.InvalidArgument, "one lower folder", new() { Lower = [] });
        Refused(EngineErrorReason.InvalidArgument, "'volatile'", new() { Lower = [lower], Options = ["volatile"] });
        Refused(EngineErrorReason.InvalidArgument, "'nothing'", new() { Lower = [lower], Options = ["nothing"] });
        Refused(EngineErrorReason.InvalidArgument, "'metacopy'", new() { Lower = [lower], Options = ["metacopy=perhaps"] });
        Refused(EngineErrorReason.InvalidArgument, "lower, upper and work", new() { Lower = [lower], Options = ["lowerdir=/"] });
        Refused(EngineErrorReason.InvalidArgument, "no option", new() { Lower = [lower], Options = ["a,lowerdir=/"] });
        Refused(EngineErrorReason.InvalidArgument, "userxattr", new() { Lower = [lower], Upper = upper, Work = work, Options = ["userxattr", "metacopy=on"] });
        Refused(EngineErrorReason.NotFound, "is not there", new() { Lower = [lower, $"{lower}/nothing"] });
        Refused(EngineErrorReason.InvalidArgument, "no folder", new() { Lower = [$"{lower}/file"] });
        EngineException missing = Assert.Throws<EngineException>(() => shop.Engine.MountOverlay(new() { Lower = [lower, second] }, $"{shop.Root}/nothing"));
        Assert.Equal(EngineErrorReason.NotFound, missing.Reason);
        Assert.False(shop.IsAnythingMounted());

        void Refused(EngineErrorReason reason, string text, OverlayOptions options)
        {
            EngineException failure = Assert.Throws<EngineException>(() => shop.Mount(options));
            Assert.Contains(text, failure.Message, StringComparison.Ordinal);
            Assert.Equal(reason, failure.Reason);
        }
    }

    [Fact]
    public void What_is_written_may_lie_in_a_folder_that_is_read()
    {
        using OverlayMount overlay = shop.Engine.MountOverlay(shop.Writable("/"), target: null);

        File.WriteAllText($"{overlay.Path}/etc/new", "x");

        Assert.True(File.Exists($"{shop.Root}/upper/etc/new"));
        Assert.Equal([$"{shop.Root}/upper/etc/new"], shop.Engine.FindInOverlay(overlay, "etc/new").Select(one => one.Source));
        Assert.Equal(["/etc/passwd"], shop.Engine.FindInOverlay(overlay, "etc/passwd").Select(one => one.Source));
    }

    [Fact]
    public void The_mark_of_a_volatile_overlay_is_told()
    {
        OverlayOptions options = shop.Writable(shop.Folder("lower"));
        shop.Engine.DismountOverlay(shop.Mount(options with { Options = ["volatile"] }));

        Assert.Contains("was volatile", Assert.Throws<EngineException>(() => shop.Mount(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_overlays_do_not_write_to_one_folder()
    {
        string lower = shop.Folder("lower");
        using OverlayMount overlay = shop.Mount(shop.Writable(lower));

        EngineException failure = Assert.Throws<EngineException>(() => shop.Engine.MountOverlay(
            new OverlayOptions { Lower = [lower], Upper = shop.Folder("upper"), Work = shop.Folder("other") }, target: null));

        Assert.Equal(EngineErrorReason.Busy, failure.Reason);
        Assert.Contains(overlay.Path, failure.Message, StringComparison.Ordinal);
    }
}
