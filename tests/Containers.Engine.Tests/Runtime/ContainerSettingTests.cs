using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Devices, kernel parameters, limits of processes and names that a container is given.</summary>
public sealed class ContainerSettingTests : IDisposable
{
    private readonly EngineFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Fact]
    public void Kernel_parameters_are_set_in_the_containers_namespaces_alone()
    {
        string before = File.ReadAllText("/proc/sys/kernel/shmmni"), forwarding = File.ReadAllText("/proc/sys/net/ipv4/conf/lo/forwarding");
        Assert.Equal("77\n1\n33\n", Script(
            new ContainerOptions
            {
                Sysctls = new Dictionary<string, string> { ["kernel.shmmni"] = "77", ["net/ipv4/conf/lo/forwarding"] = "1", ["fs.mqueue.msg_max"] = "33" },
            },
            "cat /proc/sys/kernel/shmmni /proc/sys/net/ipv4/conf/lo/forwarding /proc/sys/fs/mqueue/msg_max"));
        Assert.Equal((before, forwarding), (File.ReadAllText("/proc/sys/kernel/shmmni"), File.ReadAllText("/proc/sys/net/ipv4/conf/lo/forwarding")));
    }

    [Theory]
    [InlineData("kernel.core_pattern", "the whole machine's")]
    [InlineData("vm.swappiness", "the whole machine's")]
    [InlineData("net.", "no name")]
    [InlineData("net/../kernel/core_pattern", "no name")]
    [InlineData("net...kernel", "no name")]
    [InlineData("fs.mqueue", "the whole machine's")]
    public void Kernel_parameters_of_the_whole_machine_are_refused(string name, string why) =>
        Refused(new ContainerOptions { Sysctls = new Dictionary<string, string> { [name] = "1" } }, why);

    [Fact]
    public void Kernel_parameters_of_the_hosts_network_are_refused() =>
        Refused(new ContainerOptions { Network = NetworkMode.Host, Sysctls = new Dictionary<string, string> { ["net.ipv4.ip_forward"] = "1" } }, "host's network");

    [Fact]
    public void A_kernel_parameter_that_is_not_there_ends_the_start_with_its_name()
    {
        EngineException error = Assert.Throws<EngineException>(() => Script(
            new ContainerOptions { Sysctls = new Dictionary<string, string> { ["net.ipv4.no_such_thing"] = "1" } }, "true"));
        Assert.Equal(EngineErrorReason.LaunchFailed, error.Reason);
        Assert.Contains("'net.ipv4.no_such_thing'", error.Message, StringComparison.Ordinal);
        Assert.Contains("no such parameter", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_of_processes_hold_even_where_they_are_low()
    {
        Assert.Equal("5\n6\n0\n", Script(
            new ContainerOptions { Ulimits = [new ProcessLimit("nofile", 5, 6), new ProcessLimit("core", 0, 0)] }, "ulimit -Sn; ulimit -Hn; ulimit -c"));
    }

    [Fact]
    public void A_limit_beyond_the_hard_one_says_what_it_would_take()
    {
        Assert.SkipWhen(File.ReadAllLines("/proc/self/status").Any(l => l.StartsWith("CapEff:", StringComparison.Ordinal) && (Convert.ToUInt64(l[7..].Trim(), 16) >> 24 & 1) != 0
            && File.ReadAllText("/proc/sys/fs/nr_open").Trim().Length > 12), "nothing is beyond the limits of this machine");
        EngineException error = Assert.Throws<EngineException>(() => Script(
            new ContainerOptions { Ulimits = [new ProcessLimit("nofile", 1024, 1L << 40)] }, "true"));
        Assert.Equal(EngineErrorReason.LaunchFailed, error.Reason);
        Assert.Contains("CAP_SYS_RESOURCE", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_that_cannot_be_are_refused()
    {
        Refused(new ContainerOptions { Ulimits = [new ProcessLimit("nofile", 10, 5)] }, "soft one must not be above");
        Refused(new ContainerOptions { Ulimits = [new ProcessLimit("nofile", -1, 5)] }, "soft one must not be above");
        Refused(new ContainerOptions { Ulimits = [new ProcessLimit("files", 1, 1)] }, "no limit of processes");
        Refused(new ContainerOptions { Ulimits = [new ProcessLimit("core", 1, 1), new ProcessLimit("core", 2, 2)] }, "given twice");
        Refused(new ContainerOptions { OomScoreAdj = 1001 }, "-1000 to 1000");
        Refused(new ContainerOptions { ShmSize = 0 }, "above 0");
    }

    [Fact]
    public void The_domain_name_and_the_oom_score_are_as_asked()
    {
        Assert.Equal("a.domain\n500\n", Script(
            new ContainerOptions { DomainName = "a.domain", OomScoreAdj = 500 }, "cat /proc/sys/kernel/domainname /proc/self/oom_score_adj"));
    }

    [Fact]
    public void Hosts_are_added_to_a_file_of_the_containers_own()
    {
        string root = fixture.MakeRoot();
        string[] lines = Script(
            new ContainerOptions { RootFileSystem = root, HostName = "me", ExtraHosts = [new HostEntry("db", "10.0.0.5"), new HostEntry("db6", "fd00::5")] },
            "cat /etc/hosts; echo 1.2.3.4 changed >> /etc/hosts").Split('\n');
        Assert.Contains("127.0.0.1\tlocalhost", lines);
        Assert.Contains("127.0.1.1\tme", lines);
        Assert.Equal(["10.0.0.5\tdb", "fd00::5\tdb6", ""], lines[^3..]);
        Assert.Equal("", File.ReadAllText($"{root}/etc/hosts"));
    }

    [Fact]
    public void A_hosts_file_of_the_users_wins_and_on_the_hosts_network_the_hosts_is_added_to()
    {
        string root = fixture.MakeRoot(), mine = $"{fixture.Root}/hosts";
        File.WriteAllText(mine, "mine\n");
        var asked = new ContainerOptions { RootFileSystem = root, ExtraHosts = [new HostEntry("db", "10.0.0.5")] };
        Assert.Equal("mine\n", Script(asked with { Volumes = [new BindMount(mine, "/etc/hosts", ReadOnly: true)] }, "cat /etc/hosts"));
        string own = File.Exists("/etc/hosts") ? File.ReadAllText("/etc/hosts") : "";
        Assert.EndsWith("10.0.0.5\tdb\n", Script(asked with { Network = NetworkMode.Host }, "cat /etc/hosts"), StringComparison.Ordinal);
        Assert.StartsWith(own, Script(asked with { Network = NetworkMode.Host }, "cat /etc/hosts"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("db", "1")]
    [InlineData("db", "example.com")]
    [InlineData("d b", "10.0.0.5")]
    [InlineData("db\n", "10.0.0.5")]
    [InlineData("", "10.0.0.5")]
    public void What_is_no_line_of_hosts_is_refused(string name, string address) =>
        Refused(new ContainerOptions { ExtraHosts = [new HostEntry(name, address)] }, "no line of /etc/hosts");

    [Fact]
    public void The_id_is_written_to_a_new_file_that_goes_with_a_failed_creation()
    {
        string root = fixture.MakeRoot(), file = $"{fixture.Root}/cid";
        ContainerSnapshot made = fixture.Engine.Create(new ContainerOptions { RootFileSystem = root, IdFile = file, Name = "one", Command = ["true"] }, TestContext.Current.CancellationToken);
        Assert.Equal(made.Id, File.ReadAllText(file));
        var again = new ContainerOptions { RootFileSystem = root, IdFile = file, Command = ["true"] };
        Assert.Equal(EngineErrorReason.AlreadyExists, Assert.Throws<EngineException>(() => fixture.Engine.Create(again, TestContext.Current.CancellationToken)).Reason);
        Assert.Equal(made.Id, File.ReadAllText(file));
        File.Delete(file);
        Assert.Equal(EngineErrorReason.AlreadyExists, Assert.Throws<EngineException>(() => fixture.Engine.Create(again with { Name = "one" }, TestContext.Current.CancellationToken)).Reason);
        Assert.False(File.Exists(file));
        Assert.Equal(EngineErrorReason.CommandNotFound, Assert.Throws<EngineException>(() => fixture.Run(again with { Command = ["/no/such"] })).Reason);
        Assert.False(File.Exists(file));
        fixture.Engine.Remove(made.Id, force: false, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void The_containers_own_stop_timeout_holds()
    {
        ContainerSnapshot made = fixture.Engine.Create(
            new ContainerOptions { RootFileSystem = fixture.MakeRoot(), StopTimeout = TimeSpan.FromMilliseconds(100), Command = ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"] },
            TestContext.Current.CancellationToken);
        _ = fixture.Engine.Start(made.Id, TestContext.Current.CancellationToken);
        ContainerSnapshot ended = fixture.Engine.Stop(made.Id, signal: null, timeout: null, TestContext.Current.CancellationToken);
        Assert.Equal(9, ended.Signal);
        Assert.True(ended.FinishedAt - ended.StartedAt < TimeSpan.FromSeconds(8), "the configuration's ten seconds were waited for");
        fixture.Engine.Remove(made.Id, force: false, TestContext.Current.CancellationToken);
    }

    private string Script(ContainerOptions options, string script) => fixture.Run(options with
    {
        RootFileSystem = options.RootFileSystem ?? (Directory.Exists($"{fixture.Root}/rootfs") ? $"{fixture.Root}/rootfs" : fixture.MakeRoot()),
        Command = ["sh", "-c", script],
    }).Good();

    private void Refused(ContainerOptions options, string why)
    {
        EngineException error = Assert.Throws<EngineException>(() => Script(options, "true"));
        Assert.Equal(EngineErrorReason.InvalidArgument, error.Reason);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }
}
