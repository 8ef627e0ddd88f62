using System.Diagnostics;
using System.Globalization;
using Containers.Engine.Maintenance;
using Containers.Engine.Namespaces;
using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Engine.Tests.Namespaces;

/// <summary>Namespaces without containers: found as the kernel shows them, made and pinned, joined by commands, entered by threads.</summary>
public sealed class NamespaceTests : IDisposable
{
    private readonly EngineFixture fixture = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach ((string name, _) in fixture.Engine.ListNamespaceNames())
        {
            fixture.Engine.RemoveNamespaces(name, force: true, Cancellation);
        }

        fixture.RemoveContainers();
        fixture.Dispose();
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Those_that_are_listed_are_those_that_the_kernel_shows()
    {
        string self = $"/proc/{Environment.ProcessId}/ns";
        IReadOnlyList<NamespaceInfo> found = fixture.Engine.ListNamespaces();
        foreach (NamespaceType type in Enum.GetValues<NamespaceType>())
        {
            NamespaceInfo own = Assert.Single(found, one => one.Type == type && one.IsCurrent);
            Assert.Equal($"{own.Type.FileName()}:[{own.Id}]", Files.ReadLink(Files.CurrentFolder, $"{self}/{type.FileName()}"));
            Assert.Contains(Environment.ProcessId, own.ProcessIds);
            Assert.NotNull(own.Command);
        }

        Assert.Equal(found.Count, found.DistinctBy(one => (one.Type, one.Id)).Count());
        Assert.Equal(fixture.Engine.ListNamespaces(NamespaceType.Network).Select(one => one.Id), found.Where(one => one.Type == NamespaceType.Network).Select(one => one.Id));
    }

    [Fact]
    public void They_are_those_of_lsns()
    {
        fixture.Engine.CreateNamespaces(new() { Types = [NamespaceType.Pid, NamespaceType.User, NamespaceType.Uts] }, Cancellation);
        Dictionary<ulong, (string Type, int Count)> theirs = [];
        foreach (string[] fields in Output("lsns", "-n", "-r", "-o", "NS,TYPE,NPROCS").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' ')))
        {
            theirs[ulong.Parse(fields[0], CultureInfo.InvariantCulture)] = (fields[1], int.Parse(fields[2], CultureInfo.InvariantCulture));
        }

        // lsns has a process of its own, and others come and go.
        IReadOnlyList<NamespaceInfo> ours = [.. fixture.Engine.ListNamespaces().Where(static one => one.ProcessIds.Count > 0)];
        NamespaceInfo[] made = [.. ours.Where(static one => one.Name is not null)];
        Assert.Equal(3, made.Length);
        foreach (NamespaceInfo one in made.Concat(ours.Where(static one => one.IsCurrent)))
        {
            Assert.True(theirs.TryGetValue(one.Id, out var their), $"lsns does not show {one.Type} {one.Id}");
            Assert.Equal(one.Type.FileName(), their.Type);
            Assert.True(one.IsCurrent || their.Count == one.ProcessIds.Count);
        }
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_container_s_own_are_told_as_its()
    {
        string root = fixture.MakeRoot();
        ContainerSnapshot container = fixture.Engine.Create(new() { Name = "its", RootFileSystem = root, Command = ["sleep", "1000"] });
        int pid = fixture.Engine.Start(container.Id, Cancellation).ProcessId!.Value;
        NamespaceInfo[] its = [.. fixture.Engine.ListNamespaces().Where(one => one.ContainerName == "its")];
        Assert.Equal([NamespaceType.Mount, NamespaceType.Pid, NamespaceType.Network, NamespaceType.Uts, NamespaceType.Ipc, NamespaceType.Cgroup], its.Select(one => one.Type));
        Assert.All(its, one => Assert.Equal([pid], one.ProcessIds));
        NamespaceInfo processes = its.Single(static one => one.Type == NamespaceType.Pid);
        Assert.Equal(fixture.Engine.ListNamespaces(NamespaceType.Pid).Single(static one => one.IsCurrent).Id, processes.ParentId);
        Assert.Equal(fixture.Engine.ListNamespaces(NamespaceType.User).Single(static one => one.IsCurrent).Id, processes.OwnerId);
    }

    [Fact]
    public void One_of_each_kind_is_made_and_lasts_until_it_is_removed()
    {
        string name = fixture.Engine.CreateNamespaces(new() { Name = "all", Types = Enum.GetValues<NamespaceType>() }, Cancellation);
        NamespaceInfo[] made = [.. fixture.Engine.ListNamespaces().Where(one => one.Name == name)];
        Assert.Equal(Enum.GetValues<NamespaceType>(), made.Select(static one => one.Type));
        NamespaceInfo processes = made[(int)NamespaceType.Pid];
        int holder = Assert.Single(processes.ProcessIds);
        Assert.All(made.Where(static one => one.Type != NamespaceType.User), one => Assert.Equal(made[(int)NamespaceType.User].Id, one.OwnerId));
        Assert.Equal("0", Status(holder, "CapPrm").TrimStart('0').PadLeft(1, '0'));
        Assert.Empty(Directory.EnumerateFileSystemEntries($"/proc/{holder}/fd"));
        using (ContainerEngine other = fixture.OpenAnother())
        {
            Assert.Equal(8, other.ListNamespaces().Count(one => one.Name == name));
            other.RemoveNamespaces(name, force: false, Cancellation);
        }

        // The holder is by now the child of another process, which has to reap it.
        Assert.True(EngineFixture.Patiently(() => !Directory.Exists($"/proc/{holder}")));
        Assert.DoesNotContain(fixture.Engine.ListNamespaces(), one => one.Name == name);
        Assert.DoesNotContain(fixture.Root, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.Equal(EngineErrorReason.NotFound, Reason(() => fixture.Engine.RemoveNamespaces(name, force: true, Cancellation)));
    }

    [Fact]
    public void No_process_is_left_where_none_is_needed()
    {
        fixture.Engine.CreateNamespaces(new() { Name = "quiet", Types = [NamespaceType.Network, NamespaceType.Uts, NamespaceType.Mount, NamespaceType.Time] }, Cancellation);
        Assert.All(fixture.Engine.ListNamespaces().Where(static one => one.Name == "quiet"), static one => Assert.Empty(one.ProcessIds));
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_command_is_in_all_of_them_and_in_the_others_of_this_process()
    {
        NamespaceType[] types = [NamespaceType.Mount, NamespaceType.Pid, NamespaceType.Network, NamespaceType.Uts, NamespaceType.Ipc, NamespaceType.Cgroup, NamespaceType.Time];
        fixture.Engine.CreateNamespaces(new() { Name = "some", Types = types, HostName = "inside" }, Cancellation);
        RunResult result = Run("some", "hostname; echo $$; for n in mnt pid net uts ipc cgroup time user; do readlink /proc/self/ns/$n; done; ps -e | wc -l; cat /proc/net/dev | grep -c lo:; pwd");
        string[] lines = result.Output.TrimEnd().Split('\n');
        Assert.Equal((0, "inside", "2"), (result.ExitCode, lines[0], lines[1]));
        foreach (NamespaceInfo one in fixture.Engine.ListNamespaces().Where(static one => one.Name == "some"))
        {
            Assert.Contains($"{one.Type.FileName()}:[{one.Id}]", lines);
        }

        Assert.Contains(Files.ReadLink(Files.CurrentFolder, "/proc/self/ns/user"), lines);
        Assert.Equal("/", lines[^1]);
    }

    [Fact]
    public void Root_of_a_user_namespace_is_nobody_outside()
    {
        fixture.Engine.CreateNamespaces(new() { Name = "users", Types = [NamespaceType.User, NamespaceType.Uts], UserMap = [new(0, 300000, 1000)], GroupMap = [new(0, 400000, 10)] }, Cancellation);
        string file = $"{fixture.Root}/hosts-own";
        File.WriteAllText(file, "own");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        RunResult result = Run("users", $"cat /proc/self/uid_map /proc/self/gid_map; id -u; hostname mine && hostname; cat {file} || echo refused; chroot / true && echo root");
        string[] lines = [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
        Assert.Equal(["0 300000 1000", "0 400000 10", "0", "mine", "refused", "root"], lines);
        RunResult outside = Run("users", "exec sleep 1000", during: () =>
        {
            NamespaceInfo users = fixture.Engine.ListNamespaces(NamespaceType.User).Single(static one => one.Name == "users");
            int pid = Assert.Single(users.ProcessIds);
            Assert.Equal("300000", Status(pid, "Uid").Split('\t')[0]);
            Assert.Equal("400000", Status(pid, "Gid").Split('\t')[0]);
        });
        Assert.Equal(137, outside.ExitCode);
    }

    [Fact]
    public void Clocks_of_a_time_namespace_are_ahead_and_behind()
    {
        fixture.Engine.CreateNamespaces(new() { Name = "later", Types = [NamespaceType.Time], BootTimeOffset = TimeSpan.FromDays(10.5), MonotonicOffset = TimeSpan.FromMilliseconds(-1500) }, Cancellation);
        string[] offsets = [.. Run("later", "cat /proc/self/timens_offsets").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
        Assert.Equal(["monotonic -2 500000000", "boottime 907200 0"], offsets);
    }

    [Fact]
    public void A_pid_namespace_with_processes_is_removed_by_force_alone()
    {
        fixture.Engine.CreateNamespaces(new() { Name = "busy", Types = [NamespaceType.Pid] }, Cancellation);
        RunResult result = Run("busy", "exec sleep 1000", during: () =>
        {
            Assert.Equal(EngineErrorReason.Busy, Reason(() => fixture.Engine.RemoveNamespaces("busy", force: false, Cancellation)));
            fixture.Engine.RemoveNamespaces("busy", force: true, Cancellation);
        });
        Assert.Equal(137, result.ExitCode);
    }

    [Fact]
    public void The_holder_of_a_pid_namespace_reaps_orphans()
    {
        fixture.Engine.CreateNamespaces(new() { Name = "orphans", Types = [NamespaceType.Pid, NamespaceType.Mount] }, Cancellation);
        Assert.Equal(0, Run("orphans", "(sh -c 'sleep 0.1 & echo' &) ; true").ExitCode);
        Assert.True(EngineFixture.Patiently(() => fixture.Engine.ListNamespaces(NamespaceType.Pid).Single(static one => one.Name == "orphans").ProcessIds.Count == 1));
    }

    [Fact]
    public void What_cannot_be_made_or_joined_is_refused_and_leaves_nothing()
    {
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(() => fixture.Engine.CreateNamespaces(new() { Name = "../x", Types = [NamespaceType.Uts] }, Cancellation)));
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(() => fixture.Engine.CreateNamespaces(new() { Types = [] }, Cancellation)));
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(() => fixture.Engine.CreateNamespaces(new() { Types = [NamespaceType.Uts], UserMap = [new(0, 0, 1)] }, Cancellation)));
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(() => fixture.Engine.CreateNamespaces(new() { Types = [NamespaceType.Uts], BootTimeOffset = TimeSpan.FromDays(1) }, Cancellation)));

        // The kernel refuses overlapping ranges, and a clock that is behind its beginning, when the process is there already.
        Assert.Throws<EngineException>(() => fixture.Engine.CreateNamespaces(new() { Name = "bad", Types = [NamespaceType.User, NamespaceType.Pid], UserMap = [new(0, 1000, 10), new(5, 2000, 10)] }, Cancellation));
        Assert.Throws<EngineException>(() => fixture.Engine.CreateNamespaces(new() { Name = "bad", Types = [NamespaceType.Time], BootTimeOffset = TimeSpan.FromDays(-3650) }, Cancellation));
        Assert.Empty(fixture.Engine.ListNamespaceNames());
        Assert.DoesNotContain(fixture.Root, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);

        fixture.Engine.CreateNamespaces(new() { Name = "one", Types = [NamespaceType.Uts] }, Cancellation);
        fixture.Engine.CreateNamespaces(new() { Name = "two", Types = [NamespaceType.Uts] }, Cancellation);
        Assert.Equal(EngineErrorReason.AlreadyExists, Reason(() => fixture.Engine.CreateNamespaces(new() { Name = "one", Types = [NamespaceType.Uts] }, Cancellation)));
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(() => fixture.Engine.FindNamespaces([NamespaceTarget.Parse("one"), NamespaceTarget.Parse("two")], [])));
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(() => fixture.Engine.FindNamespaces([NamespaceTarget.Parse("one")], [NamespaceType.Network])));
        Assert.Equal(EngineErrorReason.NotFound, Reason(() => fixture.Engine.FindNamespaces([NamespaceTarget.Parse("999999999")], [])));
        Assert.Equal(EngineErrorReason.NotFound, Reason(() => fixture.Engine.FindNamespaces([NamespaceTarget.Parse("net:[1]")], [])));
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(() => fixture.Engine.FindNamespaces([NamespaceTarget.Parse("/etc/passwd")], [])));
        Assert.Equal(EngineErrorReason.NotFound, Reason(() => fixture.Engine.FindNamespaces([NamespaceTarget.Parse("container:none")], [])));
        Assert.Equal(EngineErrorReason.CommandNotFound, Reason(() => fixture.Engine.ExecuteInNamespaces([NamespaceTarget.Parse("one")], [], new() { Command = ["nosuch"] }, withInput: false, Cancellation)));
    }

    [Fact]
    public void A_name_that_a_killed_session_left_half_made_can_be_removed()
    {
        fixture.Engine.CreateNamespaces(new() { Name = "half", Types = [NamespaceType.Uts, NamespaceType.Ipc] }, Cancellation);
        using (FileDescriptor folder = Files.Open(Files.CurrentFolder, $"{fixture.RuntimeRoot}/namespaces/half", Tmds.Linux.LibC.O_RDONLY))
        {
            Mounts.Unmount(folder, "ipc");
            _ = Files.TryRemove(folder.Number, "ipc", isFolder: false);
        }

        Assert.Equal(EngineErrorReason.NotFound, Reason(() => fixture.Engine.FindNamespaces([NamespaceTarget.Parse("half")], [])));
        fixture.Engine.RemoveNamespaces("half", force: false, Cancellation);
        Assert.Empty(fixture.Engine.ListNamespaceNames());
    }

    [Fact]
    public void Those_that_cannot_be_entered_any_more_are_found_and_removed()
    {
        fixture.Engine.CreateNamespaces(new() { Name = "sound", Types = [NamespaceType.Pid, NamespaceType.Uts] }, Cancellation);
        fixture.Engine.CreateNamespaces(new() { Name = "killed", Types = [NamespaceType.Pid] }, Cancellation);
        int holder = Assert.Single(fixture.Engine.ListNamespaces(NamespaceType.Pid).Single(static one => one.Name == "killed").ProcessIds);
        using (FileDescriptor process = Pidfd.TryOpen(holder, out _)!)
        {
            _ = Pidfd.TrySignal(process, 9);
            Assert.True(Channels.WaitReadable(process, TimeSpan.FromSeconds(10), Cancellation));
        }

        Directory.CreateDirectory($"{fixture.RuntimeRoot}/namespaces/begun");
        StorageFinding[] found = [.. fixture.Engine.FindStale(Cancellation)];
        Assert.Equal([("begun", FindingKind.Namespace), ("killed", FindingKind.Namespace)], found.Select(static one => (one.Name, one.Kind)));
        Assert.All(found, one => Assert.True(fixture.Engine.Mend(one, force: false, Cancellation)));
        Assert.Equal(["sound"], fixture.Engine.ListNamespaceNames().Select(static one => one.Name));
    }

    [Fact]
    public void A_mount_namespace_keeps_no_pin_of_another_namespace()
    {
        fixture.Engine.CreateNamespaces(new() { Name = "first", Types = [NamespaceType.Uts] }, Cancellation);
        fixture.Engine.CreateNamespaces(new() { Name = "mounts", Types = [NamespaceType.Mount] }, Cancellation);
        Assert.Equal("0", Run("mounts", $"grep -c {fixture.Root} /proc/self/mountinfo").Output.Trim());
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_container_has_the_network_of_a_namespace_or_of_another_container()
    {
        string root = fixture.MakeRoot();
        fixture.Engine.CreateNamespaces(new() { Name = "blue", Types = [NamespaceType.Network] }, Cancellation);
        NamespaceInfo blue = fixture.Engine.ListNamespaces(NamespaceType.Network).Single(static one => one.Name == "blue");
        ContainerOptions options = new() { RootFileSystem = root, Command = ["sleep", "1000"], NetworkNamespace = new NamespaceOwner((string?)null) { Path = blue.Pins[0] } };
        ContainerSnapshot first = fixture.Engine.Create(options with { Name = "first" }, Cancellation);
        first = fixture.Engine.Start(first.Id, Cancellation);
        RunResult second = fixture.Run(options with { NetworkNamespace = new NamespaceOwner("first"), Command = ["readlink", "/proc/self/ns/net"] });
        Assert.Equal($"net:[{blue.Id}]", second.Output.Trim());
        Assert.Equal([first.ProcessId!.Value], fixture.Engine.ListNamespaces(NamespaceType.Network).Single(static one => one.Name == "blue").ProcessIds);
        using (ForegroundProcess further = fixture.Engine.Execute(first.Id, new() { Command = ["readlink", "/proc/self/ns/net"] }, withInput: false, Cancellation))
        {
            Assert.Equal($"net:[{blue.Id}]", EngineFixture.Finish(further).Output.Trim());
        }

        fixture.Engine.Stop(first.Id, 9, TimeSpan.Zero, Cancellation);
        Assert.Equal(EngineErrorReason.NotRunning, Reason(() => fixture.Run(options with { NetworkNamespace = new NamespaceOwner("first") })));
        fixture.Engine.RemoveNamespaces("blue", force: false, Cancellation);
        Assert.Equal(EngineErrorReason.NotFound, Reason(() => fixture.Engine.Start(first.Id, Cancellation)));
        Assert.Equal(EngineErrorReason.NotFound, Reason(() => fixture.Run(options with { NetworkNamespace = new NamespaceOwner((string?)null) { Path = "/etc/passwd" } })));
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(() => fixture.Run(options with { Network = NetworkMode.Host })));
        Assert.Equal(EngineErrorReason.InvalidArgument, Reason(() => fixture.Run(options with { Sysctls = new Dictionary<string, string> { ["net.ipv4.ip_forward"] = "1" } })));
    }

    [Fact]
    public void Many_sessions_make_and_remove_at_once()
    {
        Parallel.For(0, 24, new ParallelOptions { MaxDegreeOfParallelism = 6 }, i =>
        {
            using ContainerEngine engine = fixture.OpenAnother();
            string name = engine.CreateNamespaces(new() { Types = i % 3 == 0 ? [NamespaceType.Pid] : [NamespaceType.Uts, NamespaceType.Ipc] }, Cancellation);
            engine.RemoveNamespaces(name, force: false, Cancellation);
        });
        Assert.Empty(fixture.Engine.ListNamespaceNames());
        Assert.DoesNotContain(fixture.Root, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    private static string Status(int pid, string key) =>
        File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith(key + ":", StringComparison.Ordinal))[(key.Length + 1)..].Trim();

    private static EngineErrorReason Reason(Action action) => Assert.Throws<EngineException>(action).Reason;

    private static string Output(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false };
        using Process process = Process.Start(start)!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return text;
    }

    private RunResult Run(string target, string script, Action? during = null)
    {
        var options = new NamespaceCommandOptions { Command = ["sh", "-c", script], Environment = [$"PATH={Environment.GetEnvironmentVariable("PATH")}"] };
        using ForegroundProcess process = fixture.Engine.ExecuteInNamespaces([NamespaceTarget.Parse(target)], [], options, withInput: false, Cancellation);
        return EngineFixture.Finish(process, input: null, during is null ? null : _ =>
        {
            during();
            process.Signal(9);
        });
    }
}
