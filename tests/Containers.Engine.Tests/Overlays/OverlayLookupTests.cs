using Containers.Engine.Overlays;
using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Engine.Tests.Overlays;

public sealed class OverlayLookupTests : IDisposable
{
    private readonly OverlayWorkshop shop = new();

    public void Dispose() => shop.Dispose();

    [Fact]
    public void A_file_comes_from_the_topmost_layer_that_has_it()
    {
        string top = shop.Folder("top", "both=top"), bottom = shop.Folder("bottom", "both=bottom", "one/file=bottom");
        OverlayMount overlay = shop.Mount(shop.Writable(top, bottom));
        File.AppendAllText($"{overlay.Path}/one/file", " and more");

        Assert.Equal([("Shown", $"{top}/both", 1), ("Hidden", $"{bottom}/both", 2)], Find(overlay, "both"));
        Assert.Equal([("Shown", $"{shop.Root}/upper/one/file", 0), ("Hidden", $"{bottom}/one/file", 2)], Find(overlay, "/one/./file"));
        Assert.Equal([("Shown", $"{shop.Root}/upper/one", 0), ("Merged", $"{bottom}/one", 2)], Find(overlay, "one/"));
        Assert.Equal(["Shown", "Merged", "Merged"], Find(overlay, "/").Select(one => one.State));
        Assert.Equal(EngineErrorReason.NotFound, Assert.Throws<EngineException>(() => Find(overlay, "one/nothing")).Reason);
        Assert.Equal(EngineErrorReason.NotFound, Assert.Throws<EngineException>(() => Find(overlay, "both/nothing")).Reason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whiteouts_and_opaque_folders_hide_what_lies_below(bool userAttributes)
    {
        string lower = shop.Folder("lower", "file=lower", "tree/a=lower", "tree/deep/b=lower");
        OverlayMount overlay = shop.Mount(shop.Writable(lower) with { Options = userAttributes ? ["userxattr"] : [] });
        string upper = overlay.Upper!;
        File.Delete($"{overlay.Path}/file");
        Directory.Delete($"{overlay.Path}/tree", recursive: true);

        Assert.Equal([("Whiteout", $"{upper}/file", 0), ("Hidden", $"{lower}/file", 1)], Find(overlay, "file"));
        Assert.Equal([("Whiteout", $"{upper}/tree", 0), ("Hidden", $"{lower}/tree/deep/b", 1)], Find(overlay, "tree/deep/b"));

        // The kernel makes a folder opaque that stands where one was removed.
        Directory.CreateDirectory($"{overlay.Path}/tree/deep");
        File.WriteAllText($"{overlay.Path}/tree/deep/c", "upper");
        Assert.Equal([("Hiding", $"{upper}/tree", 0), ("Hidden", $"{lower}/tree/deep/b", 1)], Find(overlay, "tree/deep/b"));
        Assert.Equal([("Shown", $"{upper}/tree", 0), ("Hidden", $"{lower}/tree", 1)], Find(overlay, "tree"));
        Assert.True(shop.Engine.FindInOverlay(overlay, "tree")[0].IsOpaque);
        Assert.Equal([("Shown", $"{upper}/tree/deep/c", 0)], Find(overlay, "tree/deep/c"));

        // A file in a folder's place.
        Directory.Delete($"{overlay.Path}/tree", recursive: true);
        File.WriteAllText($"{overlay.Path}/tree", "a file");
        Assert.Equal([("Hiding", $"{upper}/tree", 0), ("Hidden", $"{lower}/tree/a", 1)], Find(overlay, "tree/a"));
    }

    [Fact]
    public void A_renamed_folder_leads_to_where_its_files_lie()
    {
        string top = shop.Folder("top"), lower = shop.Folder("lower", "old/sub/a=lower", "old/b=lower", "other/x=lower", "new/mine=no");
        OverlayMount overlay = shop.Mount(shop.Writable(top, lower) with { Options = ["redirect_dir=on"] });
        Rename($"{overlay.Path}/new", $"{overlay.Path}/away");
        Rename($"{overlay.Path}/old", $"{overlay.Path}/new");
        Rename($"{overlay.Path}/new/sub", $"{overlay.Path}/other/moved");
        File.WriteAllText($"{overlay.Path}/other/moved/added", "upper");

        Assert.Equal([("Shown", $"{overlay.Upper}/new", 0), ("Merged", $"{lower}/old", 2)], Find(overlay, "new").Where(one => one.State != "Hidden"));
        Assert.Equal(("Shown", $"{lower}/old/b", 2), Find(overlay, "new/b")[0]);
        Assert.Equal(("Shown", $"{lower}/old/sub/a", 2), Find(overlay, "other/moved/a")[0]);
        Assert.Equal(("Shown", $"{overlay.Upper}/other/moved/added", 0), Find(overlay, "other/moved/added")[0]);
        Assert.NotNull(shop.Engine.FindInOverlay(overlay, "other/moved")[0].Redirect);
        Assert.DoesNotContain(Find(overlay, "old"), one => one.State is "Shown" or "Merged");
        SameAsKernel(overlay);
    }

    [Fact]
    public void The_content_of_a_file_with_changed_attributes_comes_from_below()
    {
        string lower = shop.Folder("lower", "dir/file=content");
        OverlayMount overlay = shop.Mount(shop.Writable(shop.Folder("top"), lower) with { Options = ["metacopy=on", "redirect_dir=on"] });
        File.SetUnixFileMode($"{overlay.Path}/dir/file", UnixFileMode.UserRead);
        Rename($"{overlay.Path}/dir/file", $"{overlay.Path}/moved");

        Assert.Equal([("Shown", $"{overlay.Upper}/moved", 0), ("Content", $"{lower}/dir/file", 2)], Find(overlay, "moved"));
        OverlayFile shown = shop.Engine.FindInOverlay(overlay, "moved")[0];
        Assert.True(shown.IsMetadataOnly);
        Assert.Equal("content", File.ReadAllText($"{overlay.Path}/moved"));
    }

    [Fact]
    public void An_empty_file_that_is_a_whiteout_hides_what_lies_below()
    {
        string top = shop.Folder("top", "dir/gone="), unmarked = shop.Folder("unmarked", "other/gone="), lower = shop.Folder("lower", "dir/gone=lower", "other/gone=lower");
        Note($"{top}/dir", "opaque", "x"u8);
        Note($"{top}/dir/gone", "whiteout", "y"u8);
        Note($"{unmarked}/other/gone", "whiteout", "y"u8);
        OverlayMount overlay = shop.Mount(new OverlayOptions { Lower = [top, unmarked, lower] });
        Assert.SkipWhen(File.Exists($"{overlay.Path}/dir/gone"), "this kernel knows no whiteouts by attribute (Linux 6.7)");

        Assert.Equal([("Whiteout", $"{top}/dir/gone", 0), ("Hidden", $"{lower}/dir/gone", 2)], Find(overlay, "dir/gone"));

        // The mark on the folder is for listings alone: without it too the kernel finds no file.
        Assert.False(File.Exists($"{overlay.Path}/other/gone"));
        Assert.Equal([("Whiteout", $"{unmarked}/other/gone", 1), ("Hidden", $"{lower}/other/gone", 2)], Find(overlay, "other/gone"));
    }

    [Fact]
    public void Content_comes_from_a_folder_that_has_nothing_else_to_give()
    {
        // As mount(8) is told it: colons between, two before the folders of content alone, a backslash before one of a name.
        string top = shop.Folder("t:1", "file="), data = shop.Folder("data", "by/digest=content");
        Note($"{top}/file", "metacopy", []);
        Note($"{top}/file", "redirect", "/by/digest"u8);
        using FileDescriptor? mount = DetachedMounts.TryOverlay(
            [], null, null, ["metacopy=on", "redirect_dir=follow", $"lowerdir={top.Replace(":", "\\:", StringComparison.Ordinal)}::{data}"], MountFlags.None, out OverlayFailure failure);
        Assert.SkipWhen(mount is null, $"this kernel has no data-only layers (Linux 6.5): {failure}");
        using FileDescriptor target = Files.Open(Files.CurrentFolder, shop.Folder("merged"), 0);
        DetachedMounts.Attach(mount!, target, "merged");

        OverlayMount overlay = shop.Engine.GetOverlay($"{shop.Root}/merged");
        Assert.Equal([top, data], [.. overlay.Lower, .. overlay.DataOnly]);
        Assert.Equal([("Shown", $"{top}/file", 0), ("Content", $"{data}/by/digest", 1)], Find(overlay, "file"));
        Assert.Equal(EngineErrorReason.NotFound, Assert.Throws<EngineException>(() => Find(overlay, "by/digest")).Reason);
    }

    [Fact]
    public void Links_of_folders_lead_where_they_lead_in_the_overlay()
    {
        string lower = shop.Folder("lower", "usr/bin/tool=lower", "etc/passwd=of the layer");
        File.CreateSymbolicLink($"{lower}/bin", "usr/bin");
        File.CreateSymbolicLink($"{lower}/usr/up", "../../../etc");
        File.CreateSymbolicLink($"{lower}/absolute", "/usr");
        File.CreateSymbolicLink($"{lower}/loop", "loop");
        OverlayMount overlay = shop.Mount(shop.Writable(lower));

        Assert.Equal([("Shown", $"{lower}/usr/bin/tool", 1)], Find(overlay, "/bin/tool"));
        Assert.Equal([("Shown", $"{lower}/etc/passwd", 1)], Find(overlay, "usr/up/passwd"));
        Assert.Equal([("Shown", $"{lower}/etc/passwd", 1)], Find(overlay, "absolute/bin/../../etc/passwd"));
        Assert.Equal([("Shown", $"{lower}/bin", 1)], Find(overlay, "bin"));
        Assert.Equal([("Shown", $"{lower}/etc/passwd", 1)], Find(overlay, "../../etc/passwd"));
        Assert.Equal(EngineErrorReason.InvalidArgument, Assert.Throws<EngineException>(() => Find(overlay, "loop/x")).Reason);
    }

    [Fact]
    public void What_is_mounted_in_the_overlay_comes_from_no_layer()
    {
        string lower = shop.Folder("lower", "place/a=lower");
        OverlayMount overlay = shop.Mount(shop.Writable(lower));
        OverlayMount within = shop.Engine.MountOverlay(new OverlayOptions { Lower = [shop.Folder("other", "a=other", "b=other")] }, $"{overlay.Path}/place");

        Assert.Contains("comes from no layer", Assert.Throws<EngineException>(() => Find(overlay, "place/a")).Message, StringComparison.Ordinal);
        Assert.Contains("comes from no layer", Assert.Throws<EngineException>(() => Find(overlay, "place/b")).Message, StringComparison.Ordinal);
        Assert.Equal([("Shown", $"{shop.Root}/other/a", 0)], Find(within, "a"));
        Assert.Contains($"the mount '{within.Path}'", Assert.Throws<EngineException>(() => shop.Engine.DismountOverlay(overlay)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_layer_is_read_without_what_is_mounted_in_it()
    {
        string lower = shop.Folder("lower", "place/a=lower");
        OverlayMount overlay = shop.Mount(shop.Writable(lower));
        _ = shop.Engine.MountOverlay(new OverlayOptions { Lower = [shop.Folder("other", "b=other")] }, $"{lower}/place");

        Assert.Equal([("Shown", $"{lower}/place/a", 1)], Find(overlay, "place/a"));
        Assert.Equal(EngineErrorReason.NotFound, Assert.Throws<EngineException>(() => Find(overlay, "place/b")).Reason);
    }

    [Fact]
    public void Random_changes_are_told_as_the_kernel_shows_them()
    {
        string[] names = ["a", "b", "c"];
        var random = new Random(4711);
        for (int round = 0; round < 12; round++)
        {
            string[] lower = [.. Enumerable.Range(0, 3).Select(layer => shop.Folder($"r{round}/l{layer}"))];
            foreach (string folder in lower)
            {
                Scatter(folder, depth: 3);
            }

            var options = new OverlayOptions { Lower = lower, Upper = shop.Folder($"r{round}/upper"), Work = shop.Folder($"r{round}/work"), Options = ["redirect_dir=on", "metacopy=on"] };
            OverlayMount overlay = shop.Engine.MountOverlay(options, shop.Folder($"r{round}/merged"));
            for (int change = 0; change < 25; change++)
            {
                string[] all = [.. Directory.EnumerateFileSystemEntries(overlay.Path, "*", SearchOption.AllDirectories)];
                if (all.Length == 0)
                {
                    break;
                }

                string one = all[random.Next(all.Length)], other = $"{Path.GetDirectoryName(all[random.Next(all.Length)])}/{names[random.Next(3)]}";
                switch (random.Next(4))
                {
                    case 0 when Directory.Exists(one):
                        Directory.Delete(one, recursive: true);
                        break;
                    case 0:
                        File.Delete(one);
                        break;
                    case 1 when !other.StartsWith(one, StringComparison.Ordinal) && !Path.Exists(other):
                        Rename(one, other);
                        break;
                    case 2 when !Path.Exists(other):
                        _ = Directory.CreateDirectory(other);
                        break;
                    case 3 when File.Exists(one):
                        File.SetUnixFileMode(one, UnixFileMode.UserRead | UnixFileMode.UserWrite | (UnixFileMode)random.Next(8));
                        break;
                }
            }

            SameAsKernel(overlay);
            shop.Engine.DismountOverlay(overlay);

            // A second overlay over what the first left, as a lower layer.
            OverlayMount again = shop.Engine.MountOverlay(
                new OverlayOptions { Lower = [overlay.Upper!, .. lower], Options = ["redirect_dir=follow", "metacopy=on"] }, $"{shop.Root}/r{round}/merged");
            SameAsKernel(again);
            shop.Engine.DismountOverlay(again);
        }

        void Scatter(string folder, int depth)
        {
            foreach (string name in names)
            {
                switch (random.Next(4))
                {
                    case 0:
                        File.WriteAllText($"{folder}/{name}", $"{folder}/{name} {random.Next()}");
                        break;
                    case 1 or 2 when depth > 0:
                        Scatter(Directory.CreateDirectory($"{folder}/{name}").FullName, depth - 1);
                        break;
                }
            }
        }
    }

    [Fact]
    public void The_layers_of_a_containers_files_are_told_while_it_runs_and_after()
    {
        ContainerSnapshot container = shop.Engine.Create(new ContainerOptions
        {
            Image = "host", Name = "layers", Command = ["sh", "-c", "echo x >/etc/hostname; rm /etc/issue; exec sleep 1000"], Tmpfs = [new TmpfsMount("/mnt", Size: null, Mode: 0x1ED, Executable: false)],
        });
        _ = shop.Engine.Start(container.Id, TestContext.Current.CancellationToken);
        string upper = $"{shop.Fixture.StateRoot}/containers/{container.Id}/upper";
        Assert.True(EngineFixture.Patiently(() => Files.TryStat(Files.CurrentFolder, $"{upper}/etc/issue", follow: false, out _) == Errno.None));

        OverlayMount root = Assert.Single(shop.Engine.ListOverlays(container.Id), one => one.Path == "/");
        Assert.Equal((container.Id, upper, "/"), (root.ContainerId, root.Upper, Assert.Single(root.Lower)));
        Assert.Contains("comes from no layer", Assert.Throws<EngineException>(() => shop.Engine.FindInContainer(container.Id, "/mnt/x")).Message, StringComparison.Ordinal);
        Assert.Equal(EngineErrorReason.NotSupported, Assert.Throws<EngineException>(() => shop.Engine.DismountOverlay(root)).Reason);
        Told();
        _ = shop.Engine.Stop(container.Id, signal: 9, timeout: null, TestContext.Current.CancellationToken);
        Told();
        Assert.Equal(EngineErrorReason.Busy, Assert.Throws<EngineException>(() => shop.Engine.ListOverlays(container.Id)).Reason);
        shop.Fixture.RemoveContainers();

        void Told()
        {
            Assert.Equal([("Shown", $"{upper}/etc/hostname"), ("Hidden", "/etc/hostname")], shop.Engine.FindInContainer(container.Id, "/etc/hostname").Select(one => ($"{one.State}", one.Source)));
            Assert.Equal([("Whiteout", $"{upper}/etc/issue"), ("Hidden", "/etc/issue")], shop.Engine.FindInContainer(container.Id, "etc/issue").Select(one => ($"{one.State}", one.Source)));
        }
    }

    private List<(string State, string Source, int Index)> Find(OverlayMount overlay, string path) =>
        [.. shop.Engine.FindInOverlay(overlay, path).Select(one => ($"{one.State}", one.Source, one.LayerIndex))];

    /// <summary>Everything that the kernel shows is told, with the content that it shows; of a folder the same names; and nothing else.</summary>
    private void SameAsKernel(OverlayMount overlay)
    {
        foreach (string entry in Directory.EnumerateFileSystemEntries(overlay.Path, "*", SearchOption.AllDirectories).Append(overlay.Path))
        {
            List<(string State, string Source, int Index)> found = Find(overlay, entry[overlay.Path.Length..]);
            (string State, string Source, int Index) shown = found.Find(one => one.State == "Shown");
            Assert.True(shown.Source is not null, $"{entry} is told to be shown by no layer: {string.Join("; ", found)}");
            if (Directory.Exists(entry))
            {
                Assert.True(Directory.Exists(shown.Source), entry);
                string[] names = [.. found.Where(one => one.State is "Shown" or "Merged").SelectMany(one => Directory.EnumerateFileSystemEntries(one.Source)).Select(NameOf).Distinct().Order(StringComparer.Ordinal)];
                string[] visible = [.. names.Where(name => Find(overlay, $"{entry[overlay.Path.Length..]}/{name}").Exists(one => one.State == "Shown"))];
                Assert.Equal([.. Directory.EnumerateFileSystemEntries(entry).Select(NameOf).Order(StringComparer.Ordinal)], visible);
            }
            else
            {
                string source = found.Find(one => one.State == "Content").Source ?? shown.Source;
                Assert.Equal(File.ReadAllText(entry), File.ReadAllText(source));
            }
        }
    }

    private static void Note(string path, string name, ReadOnlySpan<byte> value)
    {
        using FileDescriptor file = Files.Open(Files.CurrentFolder, path, 0);
        Assert.Equal(Errno.None, FileContent.TrySetAttribute(file, System.Text.Encoding.UTF8.GetBytes($"trusted.overlay.{name}"), value));
    }

    private static string NameOf(string path) => Path.GetFileName(path);

    private static void Rename(string from, string to) => Files.Rename(Files.CurrentFolder, from, Files.CurrentFolder, to, noReplace: true);
}
