using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Attacks;

/// <summary>A device that a container is given opens that device and no other; kernel parameters are not led astray by an image.</summary>
[Trait("Kernel", "CgroupV2")]
public sealed class DeviceMappingTests : AttackTest
{
    private const string ReadKernelLog = "rm -f /tmp/kmsg; mknod /tmp/kmsg c 1 11 && ((exec 3</tmp/kmsg) 2>/dev/null && echo open || echo closed)";

    [Fact]
    public void A_device_given_opens_just_that_device()
    {
        Assert.SkipUnless(File.Exists("/dev/kmsg"), "this machine has no /dev/kmsg");
        RunResult result = Fixture.Run(
            Logged("(exec 3</dev/log/kernel) && echo read; rm -f /tmp/loop; mknod /tmp/loop b 7 0 && ((exec 3</tmp/loop) 2>&1 | grep -o 'not permitted')") with
            {
                Devices = [new DeviceMapping("/dev/kmsg", "/dev/log/kernel", "r")],
            });
        Assert.Equal("read\nnot permitted\n", result.Good());

        // The attack that the list keeps out: the node of a device that was not given. It opens where a rule lets it.
        Assert.Equal("closed\n", Fixture.Run(Logged(ReadKernelLog)).Good());
        Assert.Equal("open\n", Fixture.Run(Logged(ReadKernelLog) with { DeviceCgroupRules = ["c 1:11 rm"] }).Good());
    }

    [Fact]
    public void A_device_given_for_reading_cannot_be_written()
    {
        Assert.SkipUnless(File.Exists("/dev/kmsg"), "this machine has no /dev/kmsg");
        const string script = "(exec 3</dev/mine) 2>/dev/null && echo read; (exec 3>/dev/mine) 2>/dev/null && echo wrote || echo refused";
        Assert.Equal("read\nrefused\n", Fixture.Run(Logged(script) with { Devices = [new DeviceMapping("/dev/kmsg", "/dev/mine", "r")] }).Good());
        Assert.Equal("read\nwrote\n", Fixture.Run(Logged(script) with { Devices = [new DeviceMapping("/dev/kmsg", "/dev/mine", "rw")] }).Good());
    }

    [Fact]
    public void A_folder_of_devices_gives_all_of_them()
    {
        string folder = Fixture.MakeFolder("devices/inner");
        Fixture.Run(Script("mknod /out/inner/z c 1 5; mknod /out/n c 1 3; chmod 640 /out/n; chown 7:8 /out/n") with { Volumes = [new BindMount($"{Fixture.Root}/devices", "/out", ReadOnly: false)] }).Good();
        RunResult result = Fixture.Run(Script("stat -c '%n %t:%T %a %u:%g' /dev/all/n /dev/all/inner/z") with { Devices = [new DeviceMapping($"{Fixture.Root}/devices", "/dev/all")] });
        Assert.Equal("/dev/all/n 1:3 640 7:8\n/dev/all/inner/z 1:5 644 0:0\n", result.Good());
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("/dev/zero", "/dev/null", "rwm", "every container has")]
    [InlineData("/dev/zero", "/dev/pts/0", "rwm", "no place for a device")]
    [InlineData("/dev/zero", "/etc/zero", "rwm", "no place for a device")]
    [InlineData("/dev/zero", "/dev/../etc/zero", "rwm", "no place for a device")]
    [InlineData("/dev/zero", "/dev/z", "rx", "says no access")]
    [InlineData("/etc/passwd", "/dev/z", "r", "is no device")]
    public void What_is_no_device_or_no_place_for_one_is_refused(string source, string target, string access, string why) =>
        Assert.Contains(
            why, Refused(Script("true") with { Devices = [new DeviceMapping(source, target, access)] }, EngineErrorReason.InvalidArgument), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("c 1:3")]
    [InlineData("d 1:3 r")]
    [InlineData("c 1:3 rr")]
    [InlineData("c 1:-3 r")]
    [InlineData("c 1:3 r\na *:* rwm")]
    public void What_is_no_rule_for_devices_is_refused(string rule) =>
        Assert.Contains("no rule for devices", Refused(Script("true") with { DeviceCgroupRules = [rule] }, EngineErrorReason.InvalidArgument), StringComparison.Ordinal);

    [Fact]
    public void A_kernel_parameter_is_not_written_to_a_file_that_the_image_put_in_its_place()
    {
        // runc CVE-2025-52881: a /proc of the image's own, or one that leads elsewhere, would take the write.
        string planted = $"{Image}/proc/sys/net/ipv4";
        Directory.CreateDirectory(planted);
        File.WriteAllText($"{planted}/ip_forward", "planted");
        ContainerOptions options = Script("cat /proc/sys/net/ipv4/ip_forward") with { Sysctls = new Dictionary<string, string> { ["net.ipv4.ip_forward"] = "1" } };
        Assert.Equal("1\n", Fixture.Run(options).Good());
        Assert.Equal("planted", File.ReadAllText($"{planted}/ip_forward"));
        Directory.Delete($"{Image}/proc", recursive: true);
        File.CreateSymbolicLink($"{Image}/proc", HostFolder);
        _ = Refused(options);
        AssertHostFolderIsUntouched();
    }

    [Fact]
    public void A_hosts_file_behind_the_images_link_stays_inside()
    {
        Directory.Delete($"{Image}/etc", recursive: true);
        File.CreateSymbolicLink($"{Image}/etc", HostFolder);
        ContainerOptions options = Script("true") with { User = "0", ExtraHosts = [new HostEntry("db", "10.0.0.5")] };
        try
        {
            _ = Fixture.Run(options);
        }
        catch (EngineException e) when (e.Reason == EngineErrorReason.LaunchFailed)
        {
            // Either is good, as long as the host's folder is not touched.
        }

        AssertHostFolderIsUntouched();
    }

    /// <summary>With what the kernel itself asks of readers of its log, so that the cgroup alone decides.</summary>
    private ContainerOptions Logged(string script) => Script(script) with { CapAdd = ["SYSLOG"] };
}
