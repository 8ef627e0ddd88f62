using Containers.Engine.Copying;
using Containers.Engine.Images;
using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Containers with users of their own: what they do is theirs inside, and nobody's outside.</summary>
public sealed class UserNamespaceTests : IDisposable
{
    private readonly EngineFixture fixture = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        fixture.RemoveContainers();
        fixture.Dispose();
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Root_inside_is_nobody_outside_and_its_files_are_its_own()
    {
        string root = fixture.MakeRoot();
        const string script = """
            id -u; id -g; cat /proc/self/uid_map; stat -c '%u %g %n' / /bin /dev /dev/null; touch /made; stat -c '%u' /made; chown 1000:1000 /made; stat -c '%u %g' /made
            ls -l /dev/pts >/dev/null && echo pts; cat /sys/class/net/lo/operstate >/dev/null && echo sys; head -c 1 /dev/zero | wc -c; ls /dev/mqueue; touch /go; while [ -e /go ]; do sleep 0.05; done
            """;
        RunResult result = fixture.Run(Script(root, script), during: container =>
        {
            Assert.True(EngineFixture.Patiently(() => File.Exists($"{root}/go")));
            string status = File.ReadAllText($"/proc/{container.ProcessId}/status");
            Assert.Contains("\nUid:\t1000000000\t", status, StringComparison.Ordinal);
            Assert.Contains("\nGid:\t1000000000\t", status, StringComparison.Ordinal);
            File.Delete($"{root}/go");
        });
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        string[] lines = result.Output.TrimEnd().Split('\n');
        Assert.Equal(["0", "0"], lines[..2]);
        Assert.Equal("0 1000000000 65536", string.Join(' ', lines[2].Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal(["0 0 /", "0 0 /bin", "0 0 /dev", "0 0 /dev/null", "0", "1000 1000", "pts", "sys", "1"], lines[3..]);

        // On the disk the ids are those inside: the same layer serves containers of any ids.
        Assert.Equal((1000u, 1000u), OwnerOf($"{root}/made"));
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Layers_are_shown_with_its_ids_and_stay_as_they_are()
    {
        string image = MakeImage();
        ContainerSnapshot container = fixture.Engine.Create(Of(image, "chown 1000 /etc/passwd; echo new >/etc/new; rm /etc/group; chmod 700 /bin/busybox; sleep 1000"), Cancellation);
        fixture.Engine.Start(container.Id, Cancellation);
        string upper = $"{fixture.StateRoot}/containers/{container.Id}/upper";
        Assert.True(EngineFixture.Patiently(() => File.Exists($"{upper}/bin/busybox")));
        Assert.Equal([(1000u, 0u), (0u, 0u), (0u, 0u)], new[] { "etc/passwd", "etc/new", "bin/busybox" }.Select(name => OwnerOf($"{upper}/{name}")));
        fixture.Engine.Stop(container.Id, 9, TimeSpan.Zero, Cancellation);
        Assert.Equal(["/bin/busybox", "/etc/group", "/etc/new", "/etc/passwd"], fixture.Engine.Compare(container.Id, withTimes: false, Cancellation).Select(static change => change.Path).Where(static path => path.Count(static c => c == '/') == 2).Order(StringComparer.Ordinal));

        // Started again, it has the same ids; another container has others, and the image as it was.
        fixture.Engine.Start(container.Id, Cancellation);
        RunResult other = fixture.Run(Of(image, "stat -c '%u' /etc/passwd /etc/group; cat /proc/self/uid_map"));
        Assert.Equal(["0", "0", "0 1000065536 65536"], other.Output.TrimEnd().Split('\n').Select(static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
        Assert.Equal(1000000000u, OwnerOf($"/proc/{fixture.Engine.Get(container.Id).ProcessId}").Uid);
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_further_command_is_one_of_its_users()
    {
        ContainerSnapshot container = fixture.Engine.Create(Script(fixture.MakeRoot(), "sleep 1000"), Cancellation);
        fixture.Engine.Start(container.Id, Cancellation);
        Processes.ContainerProcess first = Assert.Single(fixture.Engine.GetProcesses(container.Id), one => one.ProcessId == fixture.Engine.Get(container.Id).ProcessId);
        Assert.Equal((1000000000u, "root"), (first.UserId, first.UserName));
        Assert.Equal("0 0 0000000000000000", Execute(container, null, "echo $(id -u) $(id -g) $(sed -n 's/CapInh:.//p' /proc/self/status)"));
        Assert.Equal("1000 1000 2000", Execute(container, "user", "echo $(id -u) $(id -G)"));
        Assert.Equal("made 0", Execute(container, null, "touch /by-exec; echo made $(stat -c %u /by-exec)"));
        Assert.Equal("same", Execute(container, null, "[ $(readlink /proc/self/ns/user) = $(readlink /proc/1/ns/user) ] && echo same"));
        using ForegroundProcess typed = fixture.Engine.Execute(container.Id, new() { Command = ["sh", "-c", "tty; stat -c %u $(tty)"], Tty = true, User = "user" }, withInput: true, Cancellation);
        using var reader = new StreamReader(typed.StandardOutput);
        Assert.Equal("/dev/pts/0\r\n1000\r\n", reader.ReadToEnd());
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Folders_of_this_machine_are_shown_with_its_ids()
    {
        string shared = fixture.MakeFolder("shared");
        File.WriteAllText($"{shared}/roots", "x");
        File.SetUnixFileMode($"{shared}/roots", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        RunResult result = fixture.Run(Script(fixture.MakeRoot(), "stat -c %u /s/roots; cat /s/roots; echo y >/s/made; chown 1000:1000 /s/made; mkdir /s/d") with
        {
            Volumes = [new BindMount(shared, "/s", ReadOnly: false)],
        });
        Assert.Equal((0, "0\nx", ""), (result.ExitCode, result.Output, result.Error));
        Assert.Equal([(1000u, 1000u), (0u, 0u)], new[] { "made", "d" }.Select(name => OwnerOf($"{shared}/{name}")));
    }

    [Fact]
    public void It_is_root_over_what_is_its_own_alone()
    {
        string root = fixture.MakeRoot();
        RunResult result = fixture.Run(Script(root, """
            ip address add 10.1.2.3/8 dev lo && echo address
            mount -t tmpfs none /tmp && echo mounted
            hostname other && hostname
            mknod /null c 1 3 || echo no device
            echo h >/proc/sysrq-trigger || echo no sysrq
            echo 1 >/proc/sys/kernel/panic || echo no panic
            find /dev -type b | wc -l
            mount -o remount,rw /proc/sys 2>/dev/null; echo core >/proc/sys/kernel/core_pattern || echo no pattern
            """) with { Privileged = true });
        Assert.Equal(["address", "mounted", "other", "no device", "no sysrq", "no panic", "0", "no pattern"], result.Output.TrimEnd().Split('\n'));
    }

    [Fact]
    public void Files_are_copied_with_the_ids_inside()
    {
        ContainerSnapshot container = fixture.Engine.Create(Of(MakeImage(), "sleep 1000"), Cancellation);
        fixture.Engine.Start(container.Id, Cancellation);
        string source = fixture.MakeFolder("in");
        File.WriteAllText($"{source}/file", "copied");
        fixture.Engine.CopyIn(container.Id, $"{source}/file", "/etc/file", new CopyOptions(), null, Cancellation);
        Assert.Equal("0 copied", Execute(container, null, "chown 0 /etc/file; echo $(stat -c %u /etc/file) $(cat /etc/file)"));
        fixture.Engine.CopyIn(container.Id, new MemoryStream(new Layers.TarBuilder().File("plain", "x").End()), "/etc", null, Cancellation);
        Assert.Equal("0", Execute(container, null, "stat -c %u /etc/plain"));
        fixture.Engine.CopyOut(container.Id, "/etc/file", $"{source}/out", new CopyOptions { Archive = true }, null, Cancellation);
        Assert.Equal(0u, OwnerOf($"{source}/out").Uid);
    }

    [Fact]
    public void Maps_may_be_given_and_what_cannot_be_is_refused()
    {
        string root = fixture.MakeRoot();
        UserMapping mapping = new() { Users = [new(0, 500000, 10), new(1000, 600000, 1)], Groups = [new(0, 700000, 3000)] };
        RunResult result = fixture.Run(Script(root, "id; touch /x; chown 1000 /x && stat -c %u /x; chown 11 /x || echo refused") with { UserNamespace = mapping, User = "user" });
        Assert.StartsWith("uid=1000(user) gid=1000(user)", result.Output, StringComparison.Ordinal);
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(Script(root, "true") with { UserNamespace = new() { Users = [new(5, 500000, 10)] } }));
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(Script(root, "true") with { UserNamespace = new() { Users = [new(0, 500000, 10), new(5, 600000, 10)] } }));
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(Script(root, "true") with { Network = NetworkMode.Host }));
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(Script(root, "true") with { PidNamespace = NamespaceOwner.Host }));
    }

    private static ContainerOptions Script(string root, string script) =>
        new() { RootFileSystem = root, Command = ["sh", "-c", script], UserNamespace = UserMapping.Auto };

    private static ContainerOptions Of(string image, string script) => new() { Image = image, Command = ["sh", "-c", script], UserNamespace = UserMapping.Auto };

    private static (uint Uid, uint Gid) OwnerOf(string path) =>
        Files.TryStat(Files.CurrentFolder, path, follow: false, out FileStatus status) == Errno.None ? (status.Uid, status.Gid) : throw new FileNotFoundException(path);

    private string MakeImage()
    {
        _ = fixture.Engine;
        fixture.Engine.Images.Make(fixture.MakeRoot("base"), "base", new ImageMakingOptions(), cancellation: Cancellation);
        return "base";
    }

    private EngineErrorReason Reason(ContainerOptions options) => Assert.Throws<EngineException>(() => fixture.Run(options)).Reason;

    private string Execute(ContainerSnapshot container, string? user, string script)
    {
        using ForegroundProcess process = fixture.Engine.Execute(container.Id, new() { Command = ["sh", "-c", script], User = user }, withInput: false, Cancellation);
        RunResult result = EngineFixture.Finish(process);
        Assert.Equal("", result.Error);
        return result.Output.Trim();
    }
}
