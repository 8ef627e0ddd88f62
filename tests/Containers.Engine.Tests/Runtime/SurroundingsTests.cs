using Containers.Engine.Images;
using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Runtime;

/// <summary>What a container finds around it.</summary>
public sealed class SurroundingsTests : IDisposable
{
    private readonly EngineFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Every_namespace_but_the_users_and_the_clocks_is_the_containers_own()
    {
        string[] inside = fixture.Shell(fixture.MakeRoot(), "for n in mnt pid net uts ipc cgroup user time; do readlink /proc/self/ns/$n; done").Good().TrimEnd().Split('\n');
        string[] kinds = ["mnt", "pid", "net", "uts", "ipc", "cgroup", "user", "time"];
        for (int i = 0; i < kinds.Length; i++)
        {
            bool isShared = kinds[i] is "user" or "time";
            Assert.True(isShared == (inside[i] == Files(kinds[i])), $"{kinds[i]}: {inside[i]}");
        }
    }

    [Fact]
    public void The_host_name_and_the_environment_are_the_containers()
    {
        string root = fixture.MakeRoot();
        RunResult result = fixture.Run(new ContainerOptions
        {
            RootFileSystem = root,
            HostName = "a-host",
            User = "user",
            Environment = new Dictionary<string, string> { ["A"] = "one two", ["EMPTY"] = string.Empty },
            Command = ["sh", "-c", "hostname; env | grep -v ^PWD | grep -v ^SHLVL | sort"],
        });
        Assert.Equal(
            "a-host\nA=one two\nEMPTY=\nHOME=/home/user\nHOSTNAME=a-host\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n", result.Good());
    }

    [Fact]
    public void What_the_image_says_holds_until_the_user_says_otherwise()
    {
        string root = fixture.MakeRoot();
        using var archive = new MemoryStream();
        System.Formats.Tar.TarFile.CreateFromDirectory(root, archive, includeBaseDirectory: false);
        archive.Position = 0;
        _ = fixture.Engine.Images.Make(
            archive, "app",
            new ImageMakingOptions { Changes = new ImageChanges { Entrypoint = ["sh", "-c"], Cmd = ["echo $A $B; id -un; pwd"], Env = new Dictionary<string, string> { ["A"] = "image", ["B"] = "image" }, User = "user", WorkingDir = "/made/for it" } },
            progress: null, TestContext.Current.CancellationToken);
        Assert.Equal("image image\nuser\n/made/for it\n", fixture.Run(new ContainerOptions { Image = "app" }).Good());
        Assert.Equal("mine image\nroot\n/tmp\n", fixture.Run(new ContainerOptions
        {
            Image = "app", User = "0", WorkingDirectory = "/tmp", Environment = new Dictionary<string, string> { ["A"] = "mine" },
            Command = ["echo $A $B; id -un; pwd"],
        }).Good());
    }

    [Theory]
    [InlineData(null, "0:0:0")]
    [InlineData("root", "0:0:0")]
    [InlineData("user", "1000:1000:1000 2000")]
    [InlineData("1000", "1000:1000:1000 2000")]
    [InlineData("user:extra", "1000:2000:2000")]
    [InlineData("user:7", "1000:7:7")]
    [InlineData("4711", "4711:0:0")]
    [InlineData("4711:4712", "4711:4712:4712")]
    public void The_user_is_found_by_name_or_number(string? user, string ids)
    {
        RunResult result = fixture.Run(new ContainerOptions { RootFileSystem = fixture.MakeRoot(), User = user, Command = ["sh", "-c", "echo $(id -u):$(id -g):$(id -G)"] });
        Assert.Equal(ids + "\n", result.Good());
    }

    [Fact]
    public void Volumes_and_in_memory_folders_are_where_they_were_asked_for()
    {
        string root = fixture.MakeRoot(), data = fixture.MakeFolder("data"), inner = fixture.MakeFolder("inner");
        File.WriteAllText($"{data}/a", "a");
        File.WriteAllText($"{inner}/b", "b");
        File.WriteAllText($"{fixture.Root}/one", "file");
        RunResult result = fixture.Run(new ContainerOptions
        {
            RootFileSystem = root,
            Volumes =
            [
                new BindMount(inner, "/data/sub/inner", false), new BindMount(data, "/data", false), new BindMount(data, "/locked", true),
                new BindMount($"{fixture.Root}/one", "/etc/deep/one", false), new BindMount($"{fixture.Root}/one", "/etc/locked", true),
            ],
            Tmpfs = [new TmpfsMount("/scratch", 1 << 20, 0x1C0), new TmpfsMount("/programs", null, 0x1FF, Executable: true)],
            Command =
            [
                "sh", "-c",
                """
                cat /data/a /data/sub/inner/b /locked/a /etc/deep/one; echo
                echo new > /data/new && echo changed > /etc/deep/one && echo wrote
                echo x > /locked/x || echo refused; echo x > /etc/locked || echo refused; mkdir /locked/sub/inner/x || echo refused
                stat -c %a /scratch /programs
                head -c 2000000 /dev/zero > /scratch/big || echo full
                cp /bin/busybox /scratch/echo && /scratch/echo x || echo noexec
                cp /bin/busybox /programs/echo && /programs/echo runs
                """,
            ],
        });
        Assert.Equal("abafile\nwrote\nrefused\nrefused\nrefused\n700\n777\nfull\nnoexec\nruns\n", result.Output);
        Assert.Equal(("new\n", "changed\n"), (File.ReadAllText($"{data}/new"), File.ReadAllText($"{fixture.Root}/one")));
    }

    [Fact]
    public void Sixty_volumes_are_all_there()
    {
        string root = fixture.MakeRoot();
        var volumes = new List<BindMount>();
        for (int i = 0; i < 60; i++)
        {
            string source = fixture.MakeFolder($"many/{i}");
            File.WriteAllText($"{source}/number", $"{i} ");
            volumes.Add(new BindMount(source, $"/v/{i}", i % 2 == 0));
        }

        RunResult result = fixture.Run(new ContainerOptions
        {
            RootFileSystem = root, Volumes = volumes, Command = ["sh", "-c", "i=0; while [ $i -lt 60 ]; do cat /v/$i/number; i=$((i+1)); done"],
        });
        Assert.Equal(string.Concat(Enumerable.Range(0, 60).Select(i => $"{i} ")), result.Good());
    }

    [Fact]
    public void A_read_only_root_refuses_writes_and_volumes_in_it_take_them()
    {
        string root = fixture.MakeRoot(), data = fixture.MakeFolder("data");
        RunResult result = fixture.Run(new ContainerOptions
        {
            RootFileSystem = root, ReadOnly = true, Volumes = [new BindMount(data, "/data", false)], Tmpfs = [new TmpfsMount("/tmp")],
            Command = ["sh", "-c", "echo x > /x || echo refused; echo x > /data/x && echo x > /tmp/x && echo x > /dev/null && echo wrote"],
        });
        Assert.Equal("refused\nwrote\n", result.Good());
    }

    [Fact]
    public void What_the_session_has_of_limits_masks_and_priorities_is_not_inherited()
    {
        string[] lines = fixture.Shell(
            fixture.MakeRoot(), "ulimit -n; umask; cat /proc/self/oom_score_adj; cut -d ' ' -f 19 /proc/self/stat; nproc; grep ^SigIgn /proc/self/status; grep ^SigBlk /proc/self/status; ls /proc/self/fd | wc -l").Good().TrimEnd().Split('\n');
        Assert.Equal(["1024", "0022", "0", "0"], lines[..4]);
        Assert.Equal("SigIgn:\t0000000000000000", lines[5]);
        Assert.Equal("SigBlk:\t0000000000000000", lines[6]);

        // The three and the folder that ls itself reads.
        Assert.Equal("4", lines[7]);
    }

    [Fact]
    public void Loopback_is_up_and_alone_unless_the_hosts_network_is_asked_for()
    {
        string root = fixture.MakeRoot();
        Assert.Equal("lo", string.Join(' ', fixture.Shell(root, "ls /sys/class/net").Good().Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Contains("LOOPBACK,UP", fixture.Shell(root, "ip link show lo").Good(), StringComparison.Ordinal);
        Assert.Equal(
            Files("net") + "\n",
            fixture.Run(new ContainerOptions { RootFileSystem = root, Network = NetworkMode.Host, Command = ["readlink", "/proc/self/ns/net"] }).Good());
    }

    [Fact]
    public void Capabilities_are_dockers_and_change_as_asked()
    {
        string root = fixture.MakeRoot();
        Assert.Equal("00000000a80425fb\n", Capabilities(new ContainerOptions { RootFileSystem = root }));
        Assert.Equal("00000000a80425fa\n", Capabilities(new ContainerOptions { RootFileSystem = root, CapDrop = ["CHOWN"] }));
        Assert.Equal("0000000000000000\n", Capabilities(new ContainerOptions { RootFileSystem = root, CapDrop = ["ALL"] }));
        Assert.Equal("0000000000200000\n", Capabilities(new ContainerOptions { RootFileSystem = root, CapDrop = ["ALL"], CapAdd = ["SYS_ADMIN"] }));
        Assert.Equal("0000000000000000\n", Capabilities(new ContainerOptions { RootFileSystem = root, User = "user" }));
    }

    [Fact]
    public void Seccomp_and_new_privileges_are_confined_unless_asked_otherwise()
    {
        string root = fixture.MakeRoot();
        const string script = "grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status | tr -d '\\n\\t'";
        Assert.Equal("NoNewPrivs:1Seccomp:2", fixture.Shell(root, script).Good());
        Assert.Equal("NoNewPrivs:1Seccomp:0", Script(new ContainerOptions { RootFileSystem = root, SeccompProfile = "unconfined" }, script));
        Assert.Equal("NoNewPrivs:0Seccomp:2", Script(new ContainerOptions { RootFileSystem = root, NoNewPrivileges = false }, script));
        Assert.Equal("NoNewPrivs:1Seccomp:0", Script(new ContainerOptions { RootFileSystem = root, Privileged = true }, script));
    }

    [Fact]
    public void Kernel_files_are_masked_and_read_only_unless_asked_otherwise()
    {
        string root = fixture.MakeRoot();
        const string script = "head -c 1 /proc/timer_list 2>/dev/null | wc -c; ls /sys/firmware | wc -l; (echo 100 > /proc/sys/kernel/msgmni) 2>/dev/null && echo wrote || echo refused";
        Assert.Equal("0\n0\nrefused\n", fixture.Shell(root, script).Good());
        Assert.EndsWith("wrote\n", Script(new ContainerOptions { RootFileSystem = root, SystemPathsUnconfined = true }, script), StringComparison.Ordinal);
    }

    [Fact]
    public void A_privileged_container_has_the_devices_and_may_mount_and_another_may_not()
    {
        string root = fixture.MakeRoot();
        const string script = "ls -d /dev/kmsg 2>/dev/null; mkdir -p /m; mount -t tmpfs none /m 2>/dev/null && echo mounted || echo refused";
        Assert.Equal("refused\n", fixture.Shell(root, script).Good());
        string expected = File.Exists("/dev/kmsg") ? "/dev/kmsg\nmounted\n" : "mounted\n";
        Assert.Equal(expected, Script(new ContainerOptions { RootFileSystem = root, Privileged = true }, script));
    }

    [Fact]
    public void An_image_of_three_hundred_layers_runs()
    {
        // What a build of so many steps gives: the layers are laid where unpacked ones lie, and the document names them.
        string root = fixture.MakeRoot();
        ContainerSnapshot container = fixture.Engine.Create(
            new ContainerOptions { Image = "host", Command = ["sh", "-c", "cat /layers/* | wc -l; cat /top"] }, TestContext.Current.CancellationToken);
        var layers = new List<string>();
        for (int i = 0; i < 300; i++)
        {
            string digest = $"{i:x64}";
            layers.Add($"sha256:{digest}");
            string files = fixture.MakeFolder($"state/layers/{digest}/{LayerStore.FilesName}");
            Directory.CreateDirectory($"{files}/layers");
            File.WriteAllText($"{files}/layers/{i}", "x\n");
            File.WriteAllText($"{files}/top", $"{i}\n");
        }

        Directory.Move($"{root}/bin", $"{fixture.StateRoot}/layers/{0:x64}/{LayerStore.FilesName}/bin");
        string document = $"{fixture.StateRoot}/containers/{container.Id}/container.json";
        System.Text.Json.Nodes.JsonNode json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(document))!;
        json["layers"] = new System.Text.Json.Nodes.JsonArray([.. layers.Select(layer => (System.Text.Json.Nodes.JsonNode)layer)]);
        json["imageId"] = "sha256:" + new string('0', 64);
        File.WriteAllText(document, json.ToJsonString());
        _ = fixture.Engine.Start(container.Id, TestContext.Current.CancellationToken);
        ContainerSnapshot ended = fixture.Engine.Wait(container.Id, TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Equal(0, ended.ExitCode);
        Assert.Equal(["300\n", "299\n"], fixture.Engine.ReadLog(container.Id, new Logs.LogQuery(), TestContext.Current.CancellationToken).Select(r => r.Text));
        fixture.Engine.Remove(container.Id, force: false, TestContext.Current.CancellationToken);
    }

    private string Capabilities(ContainerOptions options) => Script(options, "grep ^CapEff /proc/self/status | cut -f 2");

    private string Script(ContainerOptions options, string script) => fixture.Run(options with { Command = ["sh", "-c", script] }).Good();

    private static string? Files(string kind) => Interop.Files.ReadLink(Interop.Files.CurrentFolder, $"/proc/self/ns/{kind}");
}
