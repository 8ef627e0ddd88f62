using Containers.Engine.Runtime;
using Containers.Engine.Runtime.Launch;
using Containers.Init;
using Containers.Init.Plan;

namespace Containers.Engine.Tests.Runtime;

/// <summary>What holds for every plan, seen without root: plans are data.</summary>
public sealed class LaunchCompilerTests
{
    private const int ParentDeathSignal = 1, SetNoNewPrivileges = 38;

    public static TheoryData<string> Kinds => [.. Requests.Keys];

    private static readonly Dictionary<string, LaunchRequest> Requests = new(StringComparer.Ordinal)
    {
        ["default"] = Request(new ContainerOptions()),
        ["init, removed"] = Request(new ContainerOptions { Init = true, RemoveOnExit = true }),
        ["privileged"] = Request(new ContainerOptions { Privileged = true }) with
        {
            Seccomp = null, HostDevices = [new LaunchDevice("net/tun", 0x2180, 0xac8), new LaunchDevice("kmsg", 0x2180, 0x10b)],
        },
        ["old privileges"] = Request(new ContainerOptions { NoNewPrivileges = false }),
        ["open paths, host network"] = Request(new ContainerOptions { SystemPathsUnconfined = true, Network = NetworkMode.Host }),
        ["read-only folder"] = Request(new ContainerOptions { ReadOnly = true }) with { Root = new LaunchRoot.Folder("/srv/root") },
        ["hundreds of layers"] = Request(new ContainerOptions()) with { Root = Overlay(300) },
        ["many volumes"] = Request(new ContainerOptions
        {
            Volumes = [.. Enumerable.Range(0, 60).Select(i => new BindMount("/etc", $"/v{i}", i % 2 == 0))],
            Tmpfs = [.. Enumerable.Range(0, 20).Select(i => new TmpfsMount($"/t{i}", 4096))],
        }),
        ["many settings"] = Request(new ContainerOptions
        {
            Volumes = [.. Enumerable.Range(0, 16).Select(i => new BindMount("/etc", $"/v{i}", ReadOnly: true) { Propagation = MountPropagation.RSlave, NoExec = true })],
            Tmpfs = [new TmpfsMount("/t") { UserId = 1, GroupId = 2, ReadOnly = true }],
            Sysctls = new Dictionary<string, string> { ["net.ipv4.ip_forward"] = "1" }, Ulimits = [new ProcessLimit("nofile", 5, 5)], DomainName = "d", OomScoreAdj = 5,
        }) with
        {
            HostDevices = [new LaunchDevice("a/b", 0x2180, 0x10b) { Uid = 1, Gid = 2 }], Hosts = new BindMount("/var/lib/x/hosts", "/etc/hosts", ReadOnly: false),
        },
        ["cgroup v2"] = Request(new ContainerOptions()) with
        {
            Cgroup = new LaunchCgroup([], 30, [(31, "id")], 32, [(string.Empty, "/sys/fs/cgroup/p/id")], [], 33),
        },
    };

    [Fact]
    public void The_default_container_takes_as_many_steps_as_last_time()
    {
        // A change of this number is a change of every container's start: look at what it costs, then change it here.
        PlanListing plan = Compile("default");
        Assert.True(plan.Steps.Length == GoldenSteps, $"{plan.Steps.Length} steps instead of {GoldenSteps}:\n{string.Join('\n', plan.Texts)}");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Mounts_come_before_credentials_and_nothing_is_mounted_after(string kind)
    {
        PlanListing plan = Compile(kind);
        int credentials = Assert.Single(plan.Operations(PlanOperation.SetCredentials));
        int pivot = Assert.Single(plan.Calls(SysNr.PivotRoot));
        Assert.True(pivot < credentials);
        foreach (int call in (int[])[SysNr.Mount, SysNr.MoveMount, SysNr.OpenTree, SysNr.MountSetattr, SysNr.Fsmount, SysNr.Mknodat, SysNr.Umount2])
        {
            Assert.All(plan.Calls(call), step => Assert.True(step < credentials, plan.Texts[step]));
        }

        // The new root is entered before it is the user's: and the host's is detached before that.
        Assert.True(pivot < Assert.Single(plan.Calls(SysNr.Umount2)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_parent_death_signal_is_set_again_after_the_credentials_and_the_parent_checked_after_it(string kind)
    {
        PlanListing plan = Compile(kind);
        int credentials = Assert.Single(plan.Operations(PlanOperation.SetCredentials));
        int[] signals = [.. plan.Calls(SysNr.Prctl).Where(i => plan.Steps[i].A == ParentDeathSignal)];
        Assert.Equal(2, signals.Length);
        Assert.True(signals[0] < 3 && signals[1] > credentials);
        Assert.All(signals, i => Assert.Equal(9, plan.Steps[i].B));
        Assert.True(Assert.Single(plan.Operations(PlanOperation.VerifyMonitor)) > signals[1]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_command_is_executed_last_with_every_other_descriptor_closing(string kind)
    {
        PlanListing plan = Compile(kind);
        Assert.Equal(plan.Steps.Length - 1, Assert.Single(plan.Operations(PlanOperation.Execute)));
        int close = Assert.Single(plan.Calls(SysNr.CloseRange));
        Assert.Equal((3, uint.MaxValue, 4), (plan.Steps[close].A, plan.Steps[close].B, plan.Steps[close].C));
        int[] streams = plan.Calls(SysNr.Dup3);
        Assert.Equal(3, streams.Length);
        Assert.All(streams, i => Assert.True(i < close && plan.Steps[i].RegisterArguments == 1 && plan.Steps[i].A == plan.Steps[i].B));
        Assert.True(Assert.Single(plan.Operations(PlanOperation.VerifyWorkingFolder)) > Assert.Single(plan.Operations(PlanOperation.SetCredentials)));
        Assert.Equal(["cmd", "an argument"], plan.Strings(plan.Steps[^1].A));
        Assert.Contains("A=b", plan.Strings(plan.Steps[^1].B));
        Assert.Contains("HOME=/", plan.Strings(plan.Steps[^1].B));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_seccomp_filter_is_last_with_no_new_privileges_and_before_the_credentials_without(string kind)
    {
        PlanListing plan = Compile(kind);
        int[] filters = plan.Calls(SysNr.Seccomp);
        int[] forbids = [.. plan.Calls(SysNr.Prctl).Where(i => plan.Steps[i].A == SetNoNewPrivileges)];
        Assert.Equal(Requests[kind].Seccomp is null ? 0 : 1, filters.Length);
        if (Requests[kind].Options.NoNewPrivileges is false)
        {
            Assert.Empty(forbids);
            Assert.True(filters[0] < plan.Operations(PlanOperation.SetCredentials)[0]);
            return;
        }

        Assert.Equal(1, plan.Steps[Assert.Single(forbids)].B);
        Assert.True(forbids[0] > plan.Operations(PlanOperation.SetCredentials)[0]);
        if (filters.Length > 0)
        {
            Assert.Equal((plan.Steps.Length - 2, plan.Steps.Length - 3), (filters[0], forbids[0]));
            Assert.Equal(Requests[kind].Seccomp!.Length / 8, plan.Number(plan.Steps[filters[0]].C));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_register_read_was_written_before_whatever_steps_were_left_out(string kind)
    {
        PlanListing plan = Compile(kind);
        var written = new HashSet<long> { PlanRegister.StandardInput, PlanRegister.StandardOutput, PlanRegister.StandardError };
        for (int i = 0; i < plan.Steps.Length; i++)
        {
            PlanStep step = plan.Steps[i];
            long[] arguments = PlanListing.Arguments(step);
            Assert.Equal(0, step.OffsetArguments & step.RegisterArguments);
            for (int a = 0; a < 6; a++)
            {
                Assert.True((step.RegisterArguments >> a & 1) == 0 || written.Contains(arguments[a]), $"{plan.Texts[i]}: register {arguments[a]}");
            }

            // What a step with an allowed error writes is written only if it succeeds: its readers must be among the steps left out.
            if (step.Result != PlanRegister.None)
            {
                Assert.InRange(step.Result, PlanRegister.First, PlanRegister.Count - 1);
                _ = written.Add(step.Result);
            }

            if (step.Result != PlanRegister.None && step.AllowedError != 0)
            {
                for (int later = i + 1 + step.SkipAfterAllowedError; later < plan.Steps.Length && plan.Steps[later].Result != step.Result; later++)
                {
                    long[] reads = PlanListing.Arguments(plan.Steps[later]);
                    byte registers = plan.Steps[later].RegisterArguments;
                    Assert.DoesNotContain(Enumerable.Range(0, 6), a => (registers >> a & 1) != 0 && reads[a] == step.Result);
                }
            }

            Assert.True(step.SkipAfterAllowedError == 0 || i + step.SkipAfterAllowedError < plan.Steps.Length - 1, $"{plan.Texts[i]} leaves out the command itself");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_mount_and_its_place_are_never_the_same_descriptor(string kind)
    {
        PlanListing plan = Compile(kind);
        foreach (PlanStep move in plan.Calls(SysNr.MoveMount).Select(i => plan.Steps[i]).Where(s => (s.RegisterArguments & 5) == 5))
        {
            Assert.NotEqual(move.A, move.C);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_offset_lies_inside_the_plan(string kind)
    {
        PlanListing plan = Compile(kind);
        Assert.Equal(PlanHeader.ExpectedMagic, plan.Header.Magic);
        uint length = plan.Header.Length;
        foreach (PlanStep step in plan.Steps)
        {
            long[] arguments = PlanListing.Arguments(step);
            for (int a = 0; a < 6; a++)
            {
                Assert.True((step.OffsetArguments >> a & 1) == 0 || (arguments[a] > 0 && arguments[a] < length));
            }
        }

        Assert.All(plan.Relocations, at =>
        {
            Assert.True(at % 8 == 0 && at + 8 <= length);
            Assert.InRange(plan.Number(at), 1, length - 1);
        });
        Assert.Equal(plan.Relocations.Length, plan.Relocations.Distinct().Count());
        Assert.Equal(plan.Steps.Length, plan.Texts.Count);
        Assert.All(plan.Texts, text => Assert.NotEmpty(text));
    }

    [Fact]
    public void Hundreds_of_layers_fit_into_the_page_that_mount_takes()
    {
        PlanListing plan = Compile("hundreds of layers");
        int mount = Assert.Single(plan.Texted("mounting the overlay of 300 layers"));
        string options = plan.String(plan.Steps[mount].E);
        Assert.True(options.Length < 4096);
        Assert.StartsWith("lowerdir=0:1:2:", options, StringComparison.Ordinal);
        Assert.Equal(302, plan.Texted("naming the layer").Length);
        Assert.Empty(Compile("default").Texted("naming the layer"));
    }

    [Fact]
    public void Outer_mounts_come_before_those_inside_them()
    {
        PlanListing plan = new(LaunchCompiler.Compile(Request(new ContainerOptions
        {
            Volumes = [new("/etc", "/a/b/c", true), new("/etc", "/a", true)],
            Tmpfs = [new("/a/b")],
        })));
        int outer = plan.Texted("mounting the volume '/etc' at '/a'").Max();
        int middle = plan.Texted("mounting an in-memory folder at '/a/b'").Max();
        int inner = plan.Texted("mounting the volume '/etc' at '/a/b/c'").Max();
        Assert.True(outer < middle && middle < inner);
    }

    [Fact]
    public void Trees_that_mounts_pass_to_are_copied_before_the_mounts_are_private_and_parameters_are_written_before_volumes_are_there()
    {
        PlanListing plan = Compile("many settings");
        int isPrivate = Assert.Single(plan.Texted("keeping mounts private"));
        Assert.Equal(16, plan.Calls(SysNr.OpenTree).Count(step => step < isPrivate));
        Assert.DoesNotContain(Compile("many volumes").Calls(SysNr.OpenTree), step => step < isPrivate);
        int parameter = Assert.Single(plan.Texted("setting the kernel parameter 'net.ipv4.ip_forward'"));
        Assert.True(parameter > plan.Operations(PlanOperation.VerifyFileSystem)[0] && parameter < plan.Texted("mounting the volume '/etc' at '/v0'").Max());
        Assert.True(parameter < Assert.Single(plan.Texted("making read-only '/proc/sys'"), i => plan.Steps[i].SystemCall == SysNr.MoveMount));

        // A low limit ends no work of the helper's but that on credentials.
        int limit = Assert.Single(plan.Texted("setting the limit 'nofile=5:5'"));
        Assert.True(limit > plan.Calls(SysNr.PivotRoot)[0] && limit < plan.Operations(PlanOperation.SetCredentials)[0]);
    }

    [Fact]
    public void Each_option_changes_its_own_part_of_the_plan()
    {
        PlanListing plain = Compile("default"), privileged = Compile("privileged"), open = Compile("open paths, host network"), readOnly = Compile("read-only folder");
        Assert.NotEmpty(plain.Operations(PlanOperation.MaskPath));
        Assert.Empty(privileged.Operations(PlanOperation.MaskPath));
        Assert.Empty(open.Operations(PlanOperation.MaskPath));
        Assert.Equal(8, plain.Calls(SysNr.Mknodat).Length + 2);
        Assert.Equal(8, privileged.Calls(SysNr.Mknodat).Length);
        Assert.Single(plain.Texted("bringing up the loopback interface"), i => plain.Steps[i].SystemCall == SysNr.Ioctl);
        Assert.Empty(open.Texted("bringing up the loopback interface"));
        Assert.NotEqual(0UL, plain.Header.CloneFlags & 0x40000000);
        Assert.Equal(0UL, open.Header.CloneFlags & 0x40000000);
        Assert.Single(readOnly.Texted("making the root file system read-only"));
        Assert.Equal(PlanFlags.Init | PlanFlags.RemoveAtEnd, Compile("init, removed").Header.Flags);
        Assert.Equal(0u, plain.Header.Flags);
        Assert.Equal((30, 33), (Compile("cgroup v2").Header.IntoCgroup, Compile("cgroup v2").Header.MonitorIntoCgroup));
    }

    private const int GoldenSteps = 156;

    private static PlanListing Compile(string kind) => new(LaunchCompiler.Compile(Requests[kind]));

    private static LaunchRoot.Overlay Overlay(int layers) => new(
        "/var/lib/x", [.. Enumerable.Range(0, layers).Select(i => $"layers/{i:x64}/files")], "containers/id/upper", "containers/id/work", Volatile: true, Hidden: []);

    private static LaunchRequest Request(ContainerOptions options) => new()
    {
        Id = new string('a', 64),
        Options = options,
        Command = new LaunchCommand(["cmd", "an argument"], ["PATH=/bin", "A=b"], "user:group", "/work", "a-host"),
        Root = Overlay(1),
        Cgroup = new LaunchCgroup(
            [10, 11], null, [(12, "id"), (13, "id")], 14, [("memory", "/sys/fs/cgroup/memory/p/id"), ("pids", "/sys/fs/cgroup/pids/p/id")], [15, 16], null),
        Capabilities = 0xa80425fb,
        Seccomp = new byte[80],
        MountPoint = "/run/x/root",
        StagingPoint = "/run/x/staging",
        OpenFilesLimit = 20000,
        RunningPrefix = "{\"bootId\":\"x\",",
        HandOverEnvironment = ["PATH=/bin"],
        Descriptors = new LaunchDescriptors(20, 21, 22, 23, 24, 25, 26),
    };
}
