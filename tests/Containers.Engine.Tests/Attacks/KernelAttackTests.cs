using Containers.Engine.Cgroups;
using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Engine.Tests.Attacks;

/// <summary>CVE-2022-0492 (release_agent), the machine's devices, and system calls of the other ABI (moby#52494, #52547).</summary>
public sealed class KernelAttackTests : AttackTest
{
    private const string MountCgroup = "mkdir -p /tmp/c; mount -t cgroup -o memory c /tmp/c || mount -t cgroup2 c /tmp/c && echo mounted";

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void The_cgroup_file_system_is_read_only_and_cannot_be_mounted_anew()
    {
        RunResult result = Run($$"""
            {{MountCgroup}}
            unshare -Urm sh -c '{{MountCgroup}}' && echo unshared
            unshare -m sh -c '{{MountCgroup}}' && echo unshared
            for d in /sys/fs/cgroup /sys/fs/cgroup/*; do
              mkdir $d/evil && echo made
              test -e $d/release_agent && ( echo /evil > $d/release_agent ) && echo agent
              ( echo 1 > $d/notify_on_release ) && echo notify
              ( echo 1 > $d/cgroup.procs ) && echo moved
              mount -o remount,rw $d && echo writable
              mount -o remount,rw,bind $d && echo writable
            done
            exit 0
            """);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(string.Empty, result.Output);
        Assert.Contains("Read-only file system", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_capabilities_taken_away_and_the_filter_the_cgroup_file_system_is_mounted()
    {
        RunResult result = RunEdited(Script(MountCgroup), plan =>
        {
            plan.LeaveOut("installing the seccomp filter").LeaveOut("taking on the user's identity");
        });
        Assert.Contains("mounted", result.Good(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_loop_device_of_the_host_is_not_opened_through_a_node_made_inside()
    {
        using var loop = new LoopDevice($"{Fixture.Root}/disk");
        ContainerOptions options = Script($"mknod /tmp/loop b {loop.Major} {loop.Minor} && head -c 15 /tmp/loop");
        RunResult result = Fixture.Run(options);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("Operation not permitted", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("disk of the host", result.Output, StringComparison.Ordinal);
        File.Delete($"{Image}/tmp/loop");
        Assert.Equal("disk of the hos", EditedLaunch.Run(Fixture, options, _ => { }, devices: DevicePolicy.AllowAll).Good());
        File.Delete($"{Image}/tmp/loop");
        Assert.Equal("disk of the hos", Fixture.Run(options with { Privileged = true }).Good());
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void The_kernel_s_log_is_not_opened_through_a_node_made_inside()
    {
        ContainerOptions options = Script("mknod /tmp/kmsg c 1 11 && : < /tmp/kmsg && echo opened");
        RunResult result = Fixture.Run(options);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("Operation not permitted", result.Error, StringComparison.Ordinal);
        File.Delete($"{Image}/tmp/kmsg");
        Assert.Equal("opened\n", Fixture.Run(options with { Privileged = true }).Good());
    }

    [Fact]
    public void System_calls_of_the_32_bit_abi_are_filtered_and_work_where_the_filter_is_left_out()
    {
        AttackProbe.Build($"{Image}/bin/probe32", is32Bit: true);

        // socketcall(SYS_SOCKET, {AF_INET, SOCK_STREAM, 0}), unshare(CLONE_NEWUSER), keyctl(KEYCTL_GET_KEYRING_ID), asm/unistd_32.h.
        ContainerOptions options = Script("probe32 call 102 1 @2,1,0; probe32 call 310 0x10000000; probe32 call 288 0 -3 0");
        RunResult open = RunEdited(options, plan => plan.LeaveOut("installing the seccomp filter"));
        Assert.SkipWhen(open.ExitCode == 126, "this kernel runs no 32-bit programs");
        Assert.All(open.Good().Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.True(line[0] != '-', open.Output));
        Assert.Equal("-38\n-1\n-1\n", Fixture.Run(options).Good());
    }

    /// <summary>A loop device over a file of the test's own.</summary>
    private sealed class LoopDevice : IDisposable
    {
        private readonly string path;

        public LoopDevice(string file)
        {
            File.WriteAllText(file, "disk of the host".PadRight(65536));
            (int code, string output) = (0, string.Empty);
            try
            {
                (code, output) = AttackProbe.Tool("losetup", "-f", "--show", file);
            }
            catch (System.ComponentModel.Win32Exception)
            {
                Assert.Skip("losetup is not installed");
            }

            Assert.SkipWhen(code != 0, $"no loop device can be made here: {output}");
            path = output.Trim();
            Assert.Equal(Errno.None, Files.TryStat(Files.CurrentFolder, path, follow: false, out FileStatus status));
            (Major, Minor) = (status.Major, status.Minor);
        }

        public uint Major { get; }

        public uint Minor { get; }

        public void Dispose() => AttackProbe.Tool("losetup", "-d", path);
    }
}
