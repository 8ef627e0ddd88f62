using System.Diagnostics;
using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Runtime;

/// <summary>How volumes and in-memory folders are mounted.</summary>
public sealed class MountOptionTests : IDisposable
{
    private readonly EngineFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Fact]
    public void A_volume_keeps_programs_setuid_bits_and_devices_out_where_asked()
    {
        string root = fixture.MakeRoot(), data = fixture.MakeFolder("data");
        RunResult result = fixture.Run(new ContainerOptions
        {
            RootFileSystem = root,
            Volumes = [new BindMount(data, "/data", ReadOnly: false) { NoExec = true, NoSuid = true, NoDev = true }, new BindMount(data, "/plain", ReadOnly: false)],
            Command = ["sh", "-c", "cp /bin/busybox /data/echo; /data/echo x 2>/dev/null || echo noexec; /plain/echo runs; grep ' /data ' /proc/self/mountinfo | grep -o 'nosuid,nodev,noexec'"],
        });
        Assert.Equal("noexec\nruns\nnosuid,nodev,noexec\n", result.Good());
    }

    [Fact]
    public void Mounts_below_a_volume_come_along_read_only_too_unless_they_are_left_behind()
    {
        string root = fixture.MakeRoot(), data = fixture.MakeFolder("data"), inner = fixture.MakeFolder("data/inner");
        _ = fixture.Engine;
        using var mounted = new HostMounts();
        mounted.Tmpfs(inner);
        File.WriteAllText($"{inner}/below", "below");
        RunResult result = fixture.Run(new ContainerOptions
        {
            RootFileSystem = root,
            Volumes = [new BindMount(data, "/all", ReadOnly: true), new BindMount(data, "/one", ReadOnly: false) { NonRecursive = true }],
            Command = ["sh", "-c", "cat /all/inner/below; echo; (echo x > /all/inner/x) 2>/dev/null || echo refused; ls /one/inner | wc -l"],
        });
        Assert.Equal("below\nrefused\n0\n", result.Good());
    }

    [Theory]
    [InlineData(MountPropagation.RPrivate, false, false)]
    [InlineData(MountPropagation.RSlave, true, false)]
    [InlineData(MountPropagation.RShared, true, true)]
    public void Mounts_pass_between_a_volume_and_its_source_as_asked(MountPropagation propagation, bool isSeenInside, bool isSeenOutside)
    {
        string root = fixture.MakeRoot(), data = fixture.MakeFolder("data");
        _ = fixture.Engine;
        using var mounted = new HostMounts();
        mounted.Tmpfs(data);
        mounted.Share(data);
        string late = Directory.CreateDirectory($"{data}/late").FullName, own = Directory.CreateDirectory($"{data}/own").FullName;
        bool wasSeenOutside = false;
        RunResult result = fixture.Run(
            new ContainerOptions
            {
                RootFileSystem = root, Privileged = true, Volumes = [new BindMount(data, "/data", ReadOnly: false) { Propagation = propagation }],
                Command = ["sh", "-c", "mount -t tmpfs own /data/own; echo x > /data/own/x; touch /data/ready; while ! test -e /data/go; do sleep 0.05; done; cat /data/late/file 2>/dev/null || echo nothing; umount /data/own"],
            },
            during: _ =>
            {
                Assert.True(SpinWait.SpinUntil(() => File.Exists($"{data}/ready"), TimeSpan.FromSeconds(30)));
                wasSeenOutside = File.Exists($"{own}/x");
                mounted.Tmpfs(late);
                File.WriteAllText($"{late}/file", "from the host\n");
                File.WriteAllText($"{data}/go", "");
            });
        Assert.Equal(isSeenInside ? "from the host\n" : "nothing\n", result.Good());
        Assert.Equal(isSeenOutside, wasSeenOutside);
    }

    [Fact]
    public void What_lies_on_a_private_mount_cannot_be_shared()
    {
        string root = fixture.MakeRoot(), data = fixture.MakeFolder("data");
        _ = fixture.Engine;
        using var mounted = new HostMounts();
        mounted.Tmpfs(data);
        mounted.Run("mount", "--make-private", data);
        EngineException error = Assert.Throws<EngineException>(() => fixture.Run(new ContainerOptions
        {
            RootFileSystem = root, Volumes = [new BindMount(data, "/data", ReadOnly: false) { Propagation = MountPropagation.RShared }], Command = ["true"],
        }));
        Assert.Equal(EngineErrorReason.InvalidArgument, error.Reason);
        Assert.Contains("not shared", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_in_memory_folder_belongs_to_whom_it_is_asked_for_and_dev_shm_has_its_size()
    {
        RunResult result = fixture.Run(new ContainerOptions
        {
            RootFileSystem = fixture.MakeRoot(), ShmSize = 1 << 20,
            Tmpfs = [new TmpfsMount("/mine", 1 << 20, 0x1C0) { UserId = 1000, GroupId = 2000 }, new TmpfsMount("/locked") { ReadOnly = true }],
            Command = ["sh", "-c", "stat -c '%u:%g %a' /mine; (echo x > /locked/x) 2>/dev/null || echo refused; head -c 3000000 /dev/zero 2>/dev/null > /dev/shm/x || echo full; stat -c %s /dev/shm/x"],
        });
        Assert.Equal("1000:2000 700\nrefused\nfull\n1048576\n", result.Good());
    }

    /// <summary>Mounts of this machine that are gone at the end.</summary>
    private sealed class HostMounts : IDisposable
    {
        private readonly Stack<string> places = new();

        public void Tmpfs(string place)
        {
            Run("mount", "-t", "tmpfs", "containers-test", place);
            places.Push(place);
        }

        public void Share(string place) => Run("mount", "--make-shared", place);

        public void Run(string program, params string[] arguments)
        {
            using Process process = Process.Start(program, arguments);
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
        }

        public void Dispose()
        {
            while (places.TryPop(out string? place))
            {
                Run("umount", place);
            }
        }
    }
}
