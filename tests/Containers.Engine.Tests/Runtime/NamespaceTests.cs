using System.Globalization;
using Containers.Engine.Runtime;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Containers that share this machine's or one another's namespaces of processes, IPC and names.</summary>
public sealed class NamespaceTests : IDisposable
{
    private const string Forever = "while true; do sleep 0.1; done";

    private readonly EngineFixture fixture = new();
    private string? root;

    private string Image => root ??= fixture.MakeRoot();

    public void Dispose()
    {
        fixture.RemoveContainers();
        fixture.Dispose();
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Those_of_the_machine_are_shared_where_asked_and_own_ones_otherwise()
    {
        string[] kinds = ["pid", "ipc", "uts"];
        Assert.All(Namespaces(new ContainerOptions(), kinds), Assert.False);
        NamespaceOwner host = NamespaceOwner.Host;
        Assert.All(Namespaces(new ContainerOptions { PidNamespace = host, IpcNamespace = host, UtsNamespace = host }, kinds), Assert.True);
        Assert.Equal([true, false, false], Namespaces(new ContainerOptions { PidNamespace = host }, kinds));
        Assert.Equal([false, true, false], Namespaces(new ContainerOptions { IpcNamespace = host }, kinds));
        Assert.Equal([false, false, true], Namespaces(new ContainerOptions { UtsNamespace = host }, kinds));

        bool[] Namespaces(ContainerOptions options, string[] names)
        {
            string[] inside = Shell(options, $"for n in {string.Join(' ', names)}; do readlink /proc/self/ns/$n; done").Good().TrimEnd().Split('\n');
            return [.. names.Zip(inside, (name, seen) => File.ResolveLinkTarget($"/proc/self/ns/{name}", false)!.Name == seen)];
        }
    }

    [Fact]
    public void The_proc_inside_is_that_of_the_shared_processes()
    {
        RunResult result = Shell(new ContainerOptions { PidNamespace = NamespaceOwner.Host }, $"test -d /proc/{Environment.ProcessId} && cat /proc/{Environment.ProcessId}/comm; echo $$; cat /proc/kcore /proc/1/environ | wc -c");
        string[] lines = result.Good().TrimEnd().Split('\n');
        Assert.Equal(File.ReadAllText("/proc/self/comm").TrimEnd(), lines[0]);
        Assert.True(int.Parse(lines[1], CultureInfo.InvariantCulture) > 1);
        Assert.Equal("0", lines[2]);
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Those_of_another_container_are_joined()
    {
        ContainerSnapshot first = Started("first", Forever);
        var of = new NamespaceOwner("first");
        RunResult second = Shell(
            new ContainerOptions { PidNamespace = of, IpcNamespace = of, UtsNamespace = new NamespaceOwner(first.Id[..20]) },
            "for n in pid ipc uts mnt net; do readlink /proc/self/ns/$n; done; hostname; echo $HOSTNAME; tr '\\0' ' ' </proc/1/cmdline");
        string[] lines = second.Good().Split('\n');
        string[] theirs = [.. new[] { "pid", "ipc", "uts", "mnt", "net" }.Select(n => File.ResolveLinkTarget($"/proc/{first.ProcessId}/ns/{n}", false)!.Name)];
        Assert.Equal(theirs[..3], lines[..3]);
        Assert.NotEqual(theirs[3], lines[3]);
        Assert.NotEqual(theirs[4], lines[4]);
        Assert.Equal([first.Id[..12], first.Id[..12]], lines[5..7]);
        Assert.Equal($"sh -c {Forever} ", lines[7]);
    }

    [Fact]
    public void Signals_cross_and_the_end_of_the_first_one_ends_the_others()
    {
        ContainerSnapshot first = Started("first", "sleep 1000 & trap 'exit 9' TERM; while true; do sleep 0.05; done");
        ContainerSnapshot second = Started("second", Forever, new ContainerOptions { PidNamespace = new NamespaceOwner("first") });
        Assert.Equal(0, Exec(second.Id, "kill -TERM 1").ExitCode);
        Assert.Equal(9, fixture.Engine.Wait(first.Id, TimeSpan.FromSeconds(20)).ExitCode);
        ContainerSnapshot ended = fixture.Engine.Wait(second.Id, TimeSpan.FromSeconds(20));
        Assert.Equal((137, 9), (ended.ExitCode, ended.Signal));

        EngineException refused = Assert.Throws<EngineException>(() => fixture.Engine.Start(second.Id));
        Assert.Equal(EngineErrorReason.NotRunning, refused.Reason);
        Assert.Contains("'first', which is not running", refused.Message, StringComparison.Ordinal);
        Assert.Equal((ContainerState.Exited, 137), (fixture.Engine.Get(second.Id).State, fixture.Engine.Get(second.Id).ExitCode));
        fixture.Engine.Start(first.Id);
        Assert.Equal(ContainerState.Running, fixture.Engine.Start(second.Id).State);
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void What_outlives_the_first_process_is_killed_with_it()
    {
        // No pid namespace's end does it here. The session is not there either: the container was started on its own.
        foreach (bool isRemoved in (bool[])[false, true])
        {
            ContainerSnapshot container = Started("alone", "sleep 987654 & sleep 987654 & trap 'exit 3' TERM; echo >/tmp/ready; while true; do sleep 0.05; done",
                new ContainerOptions { PidNamespace = NamespaceOwner.Host, RemoveOnExit = isRemoved });
            Assert.True(EngineFixture.Patiently(() => File.Exists($"{Image}/tmp/ready")));
            File.Delete($"{Image}/tmp/ready");
            int[] processes = [.. fixture.Engine.GetProcesses(container.Id).Select(p => p.ProcessId)];
            Assert.True(processes.Length >= 3);
            fixture.Engine.Signal(container.Id, 15);
            Assert.True(EngineFixture.Patiently(() => processes.All(pid => !Directory.Exists($"/proc/{pid}"))));
            Assert.True(EngineFixture.Patiently(() => isRemoved ? fixture.Engine.List().Count == 0 : fixture.Leftovers().All(left => !left.StartsWith("cgroup", StringComparison.Ordinal))));
            if (!isRemoved)
            {
                Assert.Equal(3, fixture.Engine.Wait(container.Id, TimeSpan.FromSeconds(20)).ExitCode);
                fixture.Engine.Remove(container.Id, force: false);
            }
        }
    }

    [Fact]
    public void The_end_does_not_wait_for_one_that_writes_without_end()
    {
        RunResult result = Shell(new ContainerOptions { PidNamespace = NamespaceOwner.Host }, "yes & sleep 0.2; exit 4");
        Assert.Equal(4, result.ExitCode);
    }

    [Fact]
    public void Init_reaps_orphans_without_being_the_first_of_its_namespace()
    {
        int? init = null;
        RunResult result = fixture.Run(
            new ContainerOptions
            {
                RootFileSystem = Image, PidNamespace = NamespaceOwner.Host, Init = true, Command = ["sh", "-c",
                    "(sh -c 'sleep 0.1; echo orphan of $(grep ^PPid /proc/self/status >/dev/null; cut -d \" \" -f 4 /proc/$$/stat)' &) ; sleep 0.5; echo $PPID"],
            },
            during: container => init = container.ProcessId);
        string[] lines = result.Good().TrimEnd().Split('\n');
        Assert.Equal($"orphan of {lines[1]}", lines[0]);
        Assert.Equal(init, int.Parse(lines[1], CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Shared_memory_and_message_queues_are_one()
    {
        ContainerSnapshot first = Started("first", Forever, new ContainerOptions { ShmSize = 5 << 20 });
        Exec(first.Id, "echo from-first >/dev/shm/a");
        var options = new ContainerOptions { IpcNamespace = new NamespaceOwner("first") };
        Assert.Equal("from-first\n", Shell(options, "cat /dev/shm/a; echo from-second >/dev/shm/b").Good());
        Assert.Equal("from-second\n", Exec(first.Id, "cat /dev/shm/b").Good());
        Assert.Contains("nosuid,nodev,noexec", Shell(options, "grep ' /dev/shm ' /proc/mounts").Good(), StringComparison.Ordinal);

        string file = $"/dev/shm/{Guid.NewGuid():N}";
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "this machine has no /dev/shm");
        File.WriteAllText(file, "host");
        try
        {
            Assert.Equal("host", Shell(new ContainerOptions { IpcNamespace = NamespaceOwner.Host }, $"cat {file}").Good());
            Assert.NotEqual(0, Shell(new ContainerOptions(), $"cat {file}").ExitCode);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_link_in_the_other_ones_place_of_shared_memory_is_not_followed()
    {
        // Its /dev is the other's: with CAP_SYS_ADMIN it takes /dev/shm away and lays a trap.
        Started("first", Forever, new ContainerOptions { Privileged = true, PidNamespace = NamespaceOwner.Host });
        Exec(fixture.Engine.FindId("first"), "umount /dev/shm && mv /dev/shm /dev/gone && ln -s /proc/1/root/etc /dev/shm").Good();
        EngineException refused = Assert.Throws<EngineException>(() => Shell(new ContainerOptions { IpcNamespace = new NamespaceOwner("first") }, "ls /dev/shm"));
        Assert.Contains("sharing '/dev/shm'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Further_commands_run_in_containers_that_share()
    {
        ContainerSnapshot first = Started("first", Forever);
        var of = new NamespaceOwner("first");
        ContainerSnapshot second = Started("second", Forever, new ContainerOptions { PidNamespace = of, IpcNamespace = of, UtsNamespace = of });
        ContainerSnapshot host = Started("host", Forever, new ContainerOptions { PidNamespace = NamespaceOwner.Host, IpcNamespace = NamespaceOwner.Host, UtsNamespace = NamespaceOwner.Host });
        foreach (ContainerSnapshot container in (ContainerSnapshot[])[first, second, host])
        {
            string inside = Exec(container.Id, "for n in pid ipc uts mnt net; do readlink /proc/self/ns/$n; done").Good();
            Assert.Equal([.. new[] { "pid", "ipc", "uts", "mnt", "net" }.Select(n => File.ResolveLinkTarget($"/proc/{container.ProcessId}/ns/{n}", false)!.Name)], inside.TrimEnd().Split('\n'));
        }

        int command = fixture.Engine.ExecuteDetached(host.Id, new ExecOptions { Command = ["sleep", "987654"] });
        fixture.Engine.Stop(host.Id, 9, TimeSpan.FromSeconds(10));
        Assert.True(EngineFixture.Patiently(() => !Directory.Exists($"/proc/{command}")));
    }

    [Fact]
    public void Nothing_is_started_among_processes_that_a_tracer_sees()
    {
        ContainerSnapshot first = Started("first", Forever);
        var of = new NamespaceOwner("first");
        ContainerSnapshot tracer = Started("tracer", Forever, new ContainerOptions { PidNamespace = of, CapAdd = ["SYS_PTRACE"] });
        Exec(first.Id, "true").Good();
        foreach (string joined in (string[])["first", "tracer"])
        {
            EngineException refused = Assert.Throws<EngineException>(() => Shell(new ContainerOptions { PidNamespace = new NamespaceOwner(joined) }, "true"));
            Assert.Equal(EngineErrorReason.NotSupported, refused.Reason);
            Assert.Contains("'tracer' has the capability SYS_PTRACE", refused.Message, StringComparison.Ordinal);
        }

        fixture.Engine.Remove(tracer.Id, force: true);
        Shell(new ContainerOptions { PidNamespace = of }, "true").Good();
    }

    /// <summary>Else one could be started among the processes of a tracer that is itself just being started, seen by nobody.</summary>
    [Fact]
    public void Starts_among_others_processes_come_one_after_the_other()
    {
        _ = Started("first", Forever);
        var options = new ContainerOptions { PidNamespace = new NamespaceOwner("first") };
        ContainerSnapshot second = Started("second", Forever, options);
        fixture.Engine.Stop(second.Id, 9, TimeSpan.FromSeconds(10));
        using (FileDescriptor underWay = Files.Open(Files.CurrentFolder, $"{fixture.RuntimeRoot}/tracers", LibC.O_RDONLY | LibC.O_DIRECTORY))
        {
            Assert.True(Files.Lock(underWay, wait: false, "tracers"));
            using var impatience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
            Assert.ThrowsAny<OperationCanceledException>(() => fixture.Engine.Start(second.Id, impatience.Token));
        }

        Assert.Equal(ContainerState.Running, fixture.Engine.Start(second.Id, TestContext.Current.CancellationToken).State);
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        NamespaceOwner host = NamespaceOwner.Host;
        Refused(new ContainerOptions { UtsNamespace = host, HostName = "a" }, EngineErrorReason.InvalidArgument, "none of its own");
        Refused(new ContainerOptions { UtsNamespace = host, DomainName = "a" }, EngineErrorReason.InvalidArgument, "none of its own");
        Refused(new ContainerOptions { IpcNamespace = host, ShmSize = 5 << 20 }, EngineErrorReason.InvalidArgument, "/dev/shm");
        Refused(new ContainerOptions { IpcNamespace = host, Sysctls = new Dictionary<string, string> { ["kernel.shmmax"] = "1" } }, EngineErrorReason.InvalidArgument, "shared");
        Refused(new ContainerOptions { PidNamespace = new NamespaceOwner("no-such") }, EngineErrorReason.NotFound, "no container 'no-such'");
        Refused(new ContainerOptions { Name = "me", PidNamespace = new NamespaceOwner("me") }, EngineErrorReason.InvalidArgument, "with itself");
        Refused(new ContainerOptions { GroupAdd = ["a:b"] }, EngineErrorReason.InvalidArgument, "no group");
        Refused(new ContainerOptions { GroupAdd = ["nobody-knows"] }, EngineErrorReason.LaunchFailed, "no such group");
        Refused(new ContainerOptions { GroupAdd = ["4294967295"] }, EngineErrorReason.LaunchFailed, "0 to 2147483647");
        Assert.Empty(fixture.Engine.List());

        // Renamed to its own choice.
        ContainerSnapshot other = Started("other", Forever);
        ContainerSnapshot made = fixture.Engine.Create(new ContainerOptions { RootFileSystem = Image, Command = ["true"], PidNamespace = new NamespaceOwner("other") });
        fixture.Engine.Remove(other.Id, force: true);
        fixture.Engine.Rename(made.Id, "other");
        Assert.Contains("with itself", Assert.Throws<EngineException>(() => fixture.Engine.Start(made.Id)).Message, StringComparison.Ordinal);

        void Refused(ContainerOptions options, EngineErrorReason reason, string why)
        {
            EngineException error = Assert.Throws<EngineException>(() => Shell(options, "true"));
            Assert.Equal(reason, error.Reason);
            Assert.Contains(why, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Groups_are_added_to_the_users_own_by_name_and_number()
    {
        Assert.Equal("0 77 2000\n", Shell(new ContainerOptions { GroupAdd = ["77", "extra", "0"] }, "id -G").Good());
        Assert.Equal("1000 5 2000\n", Shell(new ContainerOptions { User = "user", GroupAdd = ["extra", "5"] }, "id -G").Good());
        ContainerSnapshot container = Started("first", Forever, new ContainerOptions { GroupAdd = ["extra"] });
        Assert.Equal("0 2000\n", Exec(container.Id, "id -G").Good());
    }

    private RunResult Shell(ContainerOptions options, string script) => fixture.Run(options with { RootFileSystem = Image, Command = ["sh", "-c", script] });

    private ContainerSnapshot Started(string name, string script, ContainerOptions? options = null)
    {
        ContainerSnapshot made = fixture.Engine.Create((options ?? new ContainerOptions()) with { Name = name, RootFileSystem = Image, Command = ["sh", "-c", script] });
        return fixture.Engine.Start(made.Id);
    }

    private RunResult Exec(string id, string script)
    {
        using ForegroundProcess command = fixture.Engine.Execute(id, new ExecOptions { Command = ["sh", "-c", script] }, withInput: false);
        return EngineFixture.Finish(command);
    }
}
