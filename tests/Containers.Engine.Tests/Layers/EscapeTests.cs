using System.Text;
using Containers.Engine.Layers;

namespace Containers.Engine.Tests.Layers;

/// <summary>The attacks of hostile archives (containerd 2021-32760, go-archive 2026-17106, .NET 2026-45491, umoci 2021-29136 and their kind), carried out.</summary>
public sealed class EscapeTests
{
    [Theory]
    [InlineData("../canary/file")]
    [InlineData("a/../../canary/file")]
    [InlineData("/../canary/file")]
    [InlineData("./../canary/file")]
    [InlineData("..")]
    [InlineData("../")]
    [InlineData("a/..")]
    [InlineData("a/b/../../../../../../../../etc/canary")]
    public void A_path_with_dot_dot_is_refused(string name)
    {
        using var fixture = new ExtractionFixture();
        EngineException failure = fixture.Refused(new TarBuilder().Folder("a").File(name, "evil").End());
        Assert.Contains("..", failure.Message, StringComparison.Ordinal);
        Assert.Equal(name, failure.Subject);
    }

    [Fact]
    public void A_pax_path_or_a_long_name_with_dot_dot_is_refused()
    {
        using var fixture = new ExtractionFixture();
        fixture.Refused(new TarBuilder().Pax(("path", "../canary/file")).File("fine", "evil").End());
        fixture.Refused(new TarBuilder().Raw(TarBuilder.Header("././@LongLink", 'L', 15, magic: "ustar  ")).Content("../canary/file\0"u8).File("fine", "evil").End());
        fixture.Refused(new TarBuilder().Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "../canary/file"), ("GNU.sparse.realsize", "0"))
            .Raw(TarBuilder.Header("fine", '0', 512)).Content("0\n"u8).End());
    }

    [Fact]
    public void An_absolute_path_is_refused()
    {
        using var fixture = new ExtractionFixture();
        EngineException failure = fixture.Refused(new TarBuilder().File($"{fixture.Canary}/file", "evil").End());
        Assert.Contains("its path is absolute", failure.Message, StringComparison.Ordinal);
        fixture.Refused(new TarBuilder().File("//etc/x", "evil").End());
        fixture.Refused(new TarBuilder().Pax(("path", $"{fixture.Canary}/file")).File("fine", "evil").End());
    }

    [Theory]
    [InlineData("CANARY")]
    [InlineData("../canary")]
    [InlineData("../../../../../../../../../../../../../../CANARY")]
    [InlineData("/proc/self/root/CANARY")]
    [InlineData("/proc/self/cwd/../CANARY")]
    [InlineData("/proc/1/root/CANARY")]
    public void An_entry_behind_a_symbolic_link_that_leads_out_does_not_leave_the_root(string target)
    {
        using var fixture = new ExtractionFixture();
        string text = target.Replace("CANARY", fixture.Canary, StringComparison.Ordinal);
        byte[][] archives =
        [
            new TarBuilder().Symlink("out", text).File("out/file", "evil").End(),
            new TarBuilder().Symlink("out", text).File("out/new", "evil").End(),
            new TarBuilder().Symlink("out", text).Folder("out/folder").End(),
            new TarBuilder().Symlink("out", text).HardLink("out/hard", "out").End(),
            new TarBuilder().Symlink("out", text).Symlink("out/soft", "x").End(),
            new TarBuilder().Symlink("out", text).Raw(TarBuilder.Header("out/fifo", '6')).End(),
            new TarBuilder().Symlink("out", text).File("out/folder/inner", "evil").End(),
            new TarBuilder().Symlink("out", text).Symlink("second", "out/folder").File("second/inner", "evil").End(),
        ];
        foreach (byte[] archive in archives)
        {
            fixture.Refused(archive);
            fixture.Scratch.Shell("find root -mindepth 1 -delete");
        }
    }

    [Fact]
    public void The_test_above_sees_the_attack_succeed_where_links_are_followed_by_path()
    {
        // What a path-based extractor does: the same archive, unpacked by joining strings.
        using var fixture = new ExtractionFixture();
        File.CreateSymbolicLink($"{fixture.Root}/out", "../canary");
        File.WriteAllText($"{fixture.Root}/out/new", "evil");
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(fixture.CheckCanary);
    }

    [Fact]
    public void An_absolute_link_among_the_parents_leads_to_the_same_place_as_in_the_container()
    {
        using var fixture = new ExtractionFixture();
        fixture.Extract(new TarBuilder().Folder("usr").Folder("usr/lib").Symlink("lib", "/usr/lib").Symlink("lib64", "../../usr/lib").File("lib/a", "1").File("lib64/b", "2").End());
        fixture.CheckCanary();
        Assert.Equal("1", File.ReadAllText($"{fixture.Root}/usr/lib/a"));
        Assert.Equal("2", File.ReadAllText($"{fixture.Root}/usr/lib/b"));
    }

    [Fact]
    public void A_file_replaces_a_link_instead_of_being_written_through_it()
    {
        using var fixture = new ExtractionFixture();
        fixture.Extract(new TarBuilder().Symlink("link", $"{fixture.Canary}/file").File("link", "mine").Symlink("second", "../canary").Folder("second").End());
        fixture.CheckCanary();
        Assert.Equal("mine", File.ReadAllText($"{fixture.Root}/link"));
        Assert.Equal("link f \nsecond d \n", fixture.Listing());
    }

    [Fact]
    public void A_folder_entry_over_a_link_does_not_change_the_owner_mode_or_times_of_where_it_leads()
    {
        using var fixture = new ExtractionFixture();
        fixture.Extract(new TarBuilder().Symlink("d", "../canary").Raw(TarBuilder.Header("d/", '5', mode: 0x1FF, uid: 12345)).End());
        fixture.CheckCanary();
    }

    [Fact]
    public void A_folder_replaced_by_a_link_does_not_pass_its_remembered_time_on()
    {
        using var fixture = new ExtractionFixture();
        fixture.Extract(new TarBuilder().Folder("d").Symlink("d", "../canary").Folder("e").Folder("e/f").File("x", "1").Symlink("e", "../canary").End());
        fixture.CheckCanary();
    }

    [Theory]
    [InlineData("../canary/file")]
    [InlineData("/../canary/file")]
    [InlineData("missing")]
    [InlineData("out/file")]
    [InlineData("inside/file")]
    [InlineData("folder")]
    [InlineData(".")]
    [InlineData("")]
    public void A_hard_link_to_something_outside_behind_a_link_missing_or_a_folder_is_refused(string target)
    {
        using var fixture = new ExtractionFixture();
        fixture.Refused(new TarBuilder().Folder("folder").File("folder/file", "1").Symlink("out", "../canary").Symlink("inside", "folder").HardLink("hard", target).End());
    }

    [Fact]
    public void A_hard_link_to_an_absolute_path_is_refused()
    {
        using var fixture = new ExtractionFixture();
        EngineException failure = fixture.Refused(new TarBuilder().HardLink("hard", $"{fixture.Canary}/file").End());
        Assert.Contains("absolute", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hard_link_to_a_symbolic_link_is_one_to_the_link_and_a_file_over_it_leaves_its_target()
    {
        using var fixture = new ExtractionFixture();
        fixture.Extract(new TarBuilder().Symlink("soft", $"{fixture.Canary}/file").HardLink("hard", "soft").File("hard", "evil", mode: 0x9ED).End());
        fixture.CheckCanary();
        Assert.Equal($"hard f \nsoft l {fixture.Canary}/file\n", fixture.Listing());
    }

    [Fact]
    public void A_hard_link_onto_itself_keeps_the_file()
    {
        using var fixture = new ExtractionFixture();
        fixture.Extract(new TarBuilder().File("a", "1").HardLink("./a", "a").HardLink("b", "a").HardLink("a", "b").End());
        Assert.Equal("1", File.ReadAllText($"{fixture.Root}/a"));
        Assert.Equal("2", fixture.Scratch.Shell("stat -c %h root/a").Trim());
    }

    [Fact]
    public void A_file_over_a_hard_link_changes_only_its_own_name()
    {
        using var fixture = new ExtractionFixture();
        fixture.Extract(new TarBuilder().File("a", "old").HardLink("b", "a").File("b", "new").End());
        Assert.Equal("old", File.ReadAllText($"{fixture.Root}/a"));
        Assert.Equal("new", File.ReadAllText($"{fixture.Root}/b"));
    }

    [Fact]
    public void A_file_over_a_device_or_pipe_replaces_it_instead_of_being_written_into_it()
    {
        using var fixture = new ExtractionFixture();
        fixture.Scratch.Shell("truncate -s 1M canary/../disk.img");
        string device = fixture.Scratch.Shell("losetup -f --show disk.img 2>/dev/null || true").Trim();
        try
        {
            // A loop device of the test's own where the machine gives one; /dev/null's numbers otherwise.
            (uint major, uint minor) = device.Length > 0 ? (7u, uint.Parse(device["/dev/loop".Length..])) : (1u, 3u);
            fixture.Extract(new TarBuilder()
                .Raw(TarBuilder.Header("disk", device.Length > 0 ? '4' : '3', major: major, minor: minor))
                .File("disk", "evil")
                .Raw(TarBuilder.Header("pipe", '6')).File("pipe", "x").End());
            Assert.Equal("disk f \npipe f \n", fixture.Listing());
            Assert.Equal("0", fixture.Scratch.Shell("sync; tr -d '\\0' < disk.img | wc -c").Trim());
        }
        finally
        {
            if (device.Length > 0)
            {
                fixture.Scratch.Shell($"losetup -d {device}");
            }
        }
    }

    [Theory]
    [InlineData('3', 0u, 0u)]
    [InlineData('3', 4096u, 0u)]
    [InlineData('4', 8u, 1048576u)]
    public void A_device_that_is_an_overlay_whiteout_or_out_of_range_is_refused(char type, uint major, uint minor)
    {
        using var fixture = new ExtractionFixture();
        fixture.Refused(new TarBuilder().Raw(TarBuilder.Header("device", type, major: major, minor: minor)).End());
    }

    [Theory]
    [InlineData("trusted.overlay.opaque")]
    [InlineData("trusted.overlay.redirect")]
    [InlineData("trusted.overlay.metacopy")]
    [InlineData("user.overlay.opaque")]
    public void An_extended_attribute_that_steers_overlayfs_is_refused(string name)
    {
        using var fixture = new ExtractionFixture();
        EngineException failure = fixture.Refused(new TarBuilder().Pax(($"SCHILY.xattr.{name}", "/etc")).Folder("d").End());
        Assert.Contains(name, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_root_cannot_be_replaced_by_a_link_or_file()
    {
        using var fixture = new ExtractionFixture();
        fixture.Refused(new TarBuilder().Symlink("./", "../canary").End());
        fixture.Refused(new TarBuilder().Symlink(".", "../canary").File("x", "evil").End());
        fixture.Refused(new TarBuilder().Raw(TarBuilder.Header("/", '1', link: "x")).End());
    }

    [Fact]
    public void Names_that_are_empty_too_long_or_hold_a_NUL_are_refused()
    {
        using var fixture = new ExtractionFixture();
        fixture.Refused(new TarBuilder().File(string.Empty, "x").End());
        fixture.Refused(new TarBuilder().Pax(("path", new string('a', 256))).File("x").End());
        fixture.Refused(new TarBuilder().Pax(("path", string.Join('/', Enumerable.Repeat("abcdefg", 600)))).File("x").End());
        fixture.Refused(new TarBuilder().Pax(("path", "a\0b")).File("x").End());
        fixture.Refused(new TarBuilder().Pax(("linkpath", "a\0b")).Symlink("x", "y").End());
        fixture.Refused(new TarBuilder().Symlink("x", string.Empty).End());
    }

    [Fact]
    public void A_message_shows_no_control_characters_of_a_name()
    {
        using var fixture = new ExtractionFixture();
        EngineException failure = fixture.Refused(new TarBuilder().Pax(("path", "../\u001b]0;owned\u0007\u202Eevil")).File("x").End());
        Assert.DoesNotContain(failure.Message, character => char.IsControl(character) || character == '\u202E');
        Assert.Contains(@"\x1b", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".wh.etc")]
    [InlineData(".wh..wh..opq")]
    [InlineData("a/.wh.x/y")]
    public void A_whiteout_in_a_root_file_system_is_refused(string name)
    {
        using var fixture = new ExtractionFixture();
        fixture.Refused(new TarBuilder().File(name).End());
    }

    [Theory]
    [InlineData(".wh..")]
    [InlineData(".wh...")]
    [InlineData(".wh.")]
    [InlineData(".wh.x/y")]
    public void A_whiteout_that_names_its_own_folder_or_the_one_above_is_refused(string name)
    {
        using var fixture = new ExtractionFixture();
        fixture.Refused(new TarBuilder().Folder("a").File($"a/{name}").End(), options: ExtractionOptions.Layer);
    }

    [Fact]
    public void An_owner_that_the_kernel_takes_for_leave_it_as_it_is_is_refused()
    {
        using var fixture = new ExtractionFixture();
        fixture.Refused(new TarBuilder().Pax(("uid", "4294967295")).File("x").End());
        fixture.Refused(new TarBuilder().Pax(("gid", "4294967296")).File("x").End());
        fixture.Refused(new TarBuilder().Pax(("uid", "-1")).File("x").End());
    }

    [Fact]
    public void Special_bits_do_not_survive_on_what_a_later_entry_replaced()
    {
        using var fixture = new ExtractionFixture();
        fixture.Extract(new TarBuilder().File("x", "1", mode: 0x9ED).File("x", "2").End());
        Assert.Equal("644", fixture.Scratch.Shell("stat -c %a root/x").Trim());
        Assert.Equal("2", Encoding.UTF8.GetString(File.ReadAllBytes($"{fixture.Root}/x")));
    }
}
