using System.Diagnostics;
using Containers.Engine.Cgroups;
using Containers.Engine.Runtime;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Tests.Cgroups;

[Trait("Kernel", "CgroupV2")]
public sealed class DeviceTests(CgroupFixture fixture) : IClassFixture<CgroupFixture>
{
    // A loop device of the test's own with known content; prints what dd says of reading it through a node that is made inside the cgroup.
    private const string ReadThroughNewNode = """
        node=$(mktemp -d)/node
        mknod "$node" b "$MAJOR" "$MINOR" || exit 90
        dd if="$node" bs=16 count=1 2>&1; code=$?
        rm "$node"; rmdir "$(dirname "$node")"
        exit $code
        """;

    [Fact]
    public void A_disk_cannot_be_read_through_a_node_made_inside()
    {
        using var loop = new LoopDevice("secret of host!!");
        using ContainerCgroup confined = fixture.Create(devices: DevicePolicy.Default);
        using ContainerCgroup open = fixture.Create(devices: DevicePolicy.AllowAll);

        (int exitCode, string output, _) = fixture.RunIn(confined, loop.Variables + ReadThroughNewNode);
        Assert.NotEqual(90, exitCode);
        Assert.NotEqual(0, exitCode);
        Assert.Contains("Operation not permitted", output, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", output, StringComparison.Ordinal);

        // The same attack succeeds without the policy, so that the test bites.
        (exitCode, output, _) = fixture.RunIn(open, loop.Variables + ReadThroughNewNode);
        Assert.Equal(0, exitCode);
        Assert.Contains("secret of host!!", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_cannot_be_written_inside()
    {
        using var loop = new LoopDevice("secret of host!!");
        using ContainerCgroup confined = fixture.Create(devices: DevicePolicy.Default);
        using ContainerCgroup open = fixture.Create(devices: DevicePolicy.AllowAll);

        (int exitCode, _, string error) = fixture.RunIn(confined, $"printf overwritten > {loop.Path}");
        Assert.NotEqual(0, exitCode);
        Assert.Contains("Operation not permitted", error, StringComparison.Ordinal);
        Assert.Equal((0, ""), (fixture.RunIn(open, $"printf overwritten > {loop.Path}").ExitCode, ""));
    }

    [Fact]
    public void The_kernel_log_device_cannot_be_opened_inside()
    {
        using ContainerCgroup confined = fixture.Create(devices: DevicePolicy.Default);
        using ContainerCgroup open = fixture.Create(devices: DevicePolicy.AllowAll);

        (int exitCode, _, string error) = fixture.RunIn(confined, "exec 3</dev/kmsg");
        Assert.NotEqual(0, exitCode);
        Assert.Contains("Operation not permitted", error, StringComparison.Ordinal);
        Assert.Equal(0, fixture.RunIn(open, "exec 3</dev/kmsg").ExitCode);
    }

    [Fact]
    public void The_devices_of_every_container_work_inside()
    {
        using ContainerCgroup cgroup = fixture.Create(devices: DevicePolicy.Default);

        (int exitCode, string output, string error) = fixture.RunIn(
            cgroup,
            """
            set -e
            for d in zero full random urandom; do head -c 4 /dev/$d >/dev/null; done
            echo x >/dev/null
            exec 3<>/dev/ptmx
            d=$(mktemp -d); mknod $d/c c 1 3; mknod $d/b b 7 0; rm -r $d
            echo fine
            """);

        Assert.Equal((0, "fine\n", ""), (exitCode, output, error));
    }

    [Fact]
    public void A_rule_beyond_the_default_lets_just_that_device_in_and_just_so()
    {
        using var loop = new LoopDevice("secret of host!!");
        DevicePolicy policy = DevicePolicy.Default.With(new DeviceRule(DeviceKind.Block, loop.Major, loop.Minor, DeviceAccess.Read));
        using ContainerCgroup cgroup = fixture.Create(devices: policy);

        Assert.Equal("secret", fixture.RunIn(cgroup, $"head -c 6 {loop.Path}").Output);
        Assert.Contains("Operation not permitted", fixture.RunIn(cgroup, $"printf x > {loop.Path}").Error, StringComparison.Ordinal);
        Assert.NotEqual(0, fixture.RunIn(cgroup, "exec 3</dev/kmsg").ExitCode);
    }

    [Fact]
    public void The_program_is_accepted_by_the_verifier_and_confines_on_v2()
    {
        // The attachment is a matter of the v2 hierarchy alone, so that it can be tried wherever one is mounted, whoever controls devices there.
        CgroupManager manager = fixture.Manager;
        Assert.SkipWhen(manager.Version == CgroupVersion.V1, "no v2 hierarchy is mounted");
        using ContainerCgroup cgroup = fixture.Create();
        string folder = fixture.Folders(cgroup).Single(path => File.Exists(path + "/cgroup.events"));
        using FileDescriptor program = Bpf.LoadDeviceProgram(DeviceProgram.Compile(DevicePolicy.Default), "test");
        using FileDescriptor target = Files.Open(Files.CurrentFolder, folder, LibC.O_RDONLY | LibC.O_DIRECTORY);

        string join = $"echo 0 > {folder}/cgroup.procs\n";
        using (var before = new CgroupFixture.Run(join + "exec 3</dev/kmsg"))
        {
            Assert.Equal(0, before.Finish().ExitCode);
        }

        Bpf.AttachDeviceProgram(target, program, folder);
        using (var after = new CgroupFixture.Run(join + "exec 3</dev/kmsg"))
        {
            Assert.Contains("Operation not permitted", after.Finish().Error, StringComparison.Ordinal);
        }

        using var allowed = new CgroupFixture.Run(join + "head -c 1 /dev/zero | od -An -tx1");
        Assert.Equal((0, " 00\n", ""), allowed.Finish());
    }

    [Fact]
    public void A_program_the_verifier_refuses_is_explained_by_its_log()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        // Ends without a verdict in register 0.
        var e = Assert.Throws<KernelException>(() => Bpf.LoadDeviceProgram([new BpfInstruction(0x95, 0, 0, 0, 0)], "test"));
        Assert.Contains("R0", e.Message, StringComparison.Ordinal);
    }

    private sealed class LoopDevice : IDisposable
    {
        private readonly string file = System.IO.Path.GetTempFileName();

        public LoopDevice(string content)
        {
            File.WriteAllText(file, content.PadRight(4096, '.'));
            try
            {
                Path = Losetup("--find", "--show", file).Trim();
            }
            catch (InvalidOperationException e)
            {
                File.Delete(file);
                Assert.Skip($"no loop device can be made here: {e.Message}");
            }

            Assert.Equal(Errno.None, Files.TryStat(Files.CurrentFolder, Path!, follow: true, out FileStatus status));
            (Major, Minor) = (status.Major, status.Minor);
        }

        public string Path { get; } = "";

        public uint Major { get; }

        public uint Minor { get; }

        public string Variables => $"MAJOR={Major}; MINOR={Minor}\n";

        public void Dispose()
        {
            Losetup("--detach", Path);
            File.Delete(file);
        }

        private static string Losetup(params string[] arguments)
        {
            using Process process = Process.Start(
                new ProcessStartInfo("losetup", arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
            string output = process.StandardOutput.ReadToEnd();
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output : throw new InvalidOperationException(error);
        }
    }
}
