using Containers.Engine.Security;

namespace Containers.Engine.Tests.Security;

/// <summary>The default profile beside those of other engines, call by call.</summary>
public sealed class SeccompDefaultProfileTests
{
    private const string DockerProfile = "CONTAINERS_TEST_DOCKER_SECCOMP";
    private const string PodmanProfile = "/usr/share/containers/seccomp.json";

    private static readonly ulong[] Families =
        [.. Enumerable.Range(0, 50).Select(i => (ulong)i), 0x7FFFFFFF, 0xFFFFFFFF, 0x100000002, 0x100000026, 0x100000028, ulong.MaxValue];

    private static readonly ulong[] Personalities = [0, 1, 8, 9, 0x20000, 0x20008, 0x40000, 0x20009, 0xFFFFFFFF, 0xFFFFFFFE, 0x100000000, ulong.MaxValue];

    private static readonly ulong[] Flags = [0, .. Enumerable.Range(0, 64).Select(i => 1UL << i), ulong.MaxValue, 0x3D0F00];

    private static readonly CapabilitySet[] CapabilitySets =
        [CapabilitySet.None, CapabilitySet.Default, new((1UL << 41) - 1), .. Enum.GetValues<Capability>().Select(c => CapabilitySet.Of(c))];

    /// <summary>Calls of Linux 5.15 and later, which the profile of a Podman of 2022 cannot speak of.</summary>
    private static readonly string[] NewerThanPodmans =
    [
        "quotactl_fd", "futex_waitv", "set_mempolicy_home_node", "cachestat", "fchmodat2", "map_shadow_stack", "futex_wake", "futex_wait", "futex_requeue",
        "statmount", "listmount", "lsm_get_self_attr", "lsm_set_self_attr", "lsm_list_modules", "mseal", "uretprobe",
        "setxattrat", "getxattrat", "listxattrat", "removexattrat",
    ];

    [Fact]
    public void It_permits_what_Dockers_does_but_for_the_differences_listed_here()
    {
        string? path = Environment.GetEnvironmentVariable(DockerProfile);
        Assert.SkipWhen(
            string.IsNullOrEmpty(path), $"{DockerProfile} does not name Docker's default profile (seccomp/default.json of the moby/profiles repository)");
        (SortedSet<string> onlyOurs, SortedSet<string> onlyTheirs) = Differences(new PeerProfile(path!));
        Assert.Empty(onlyOurs);

        // socketcall: no filter sees the family it opens a socket of. Families: none above AF_MCTP is known, and the kernel takes the
        // lower half of the register, so that Docker's "greater than AF_VSOCK" passes AF_ALG and AF_VSOCK with the upper half set.
        string[] unknown = ["46", "47", "48", "49", "2147483647", "4294967295"];
        string[] hidden = ["4294967298", "4294967334", "4294967336", "18446744073709551615"];
        Assert.Equal(
            Sorted(["I386 socketcall(0)",
                .. from abi in Enum.GetValues<SystemCallAbi>()
                   from family in abi.Is32Bit() ? unknown : [.. unknown, .. hidden]
                   select $"{abi} socket({family})"]),
            onlyTheirs);
    }

    [Fact]
    public void It_permits_nothing_that_Podmans_refuses_but_what_is_listed_here()
    {
        Assert.SkipUnless(File.Exists(PodmanProfile), $"{PodmanProfile} is not there (Debian's golang-github-containers-common)");
        (SortedSet<string> onlyOurs, _) = Differences(new PeerProfile(PodmanProfile));
        HashSet<string> names = [.. onlyOurs.Select(d => d.Split(' ', '(')[1])];

        // All of these are permitted by Docker's too, under the same conditions.
        names.ExceptWith(NewerThanPodmans);
        names.ExceptWith(["vmsplice", "io_pgetevents", "io_pgetevents_time64"]);

        // With CAP_BPF and CAP_PERFMON; Podman's wants CAP_SYS_ADMIN.
        names.ExceptWith(["bpf", "perf_event_open"]);
        Assert.Equal(string.Empty, string.Join(' ', names.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Every_name_in_it_is_a_system_call()
    {
        HashSet<string> known = [.. Enum.GetValues<SystemCallAbi>().SelectMany(a => SystemCallTable.Of(a).Numbers.Keys)];
        Assert.All(SeccompProfile.Default.Rules.SelectMany(r => r.Names), n => Assert.Contains(n, known));
    }

    private static (SortedSet<string> OnlyOurs, SortedSet<string> OnlyTheirs) Differences(PeerProfile peer)
    {
        SortedSet<string> onlyOurs = Sorted([]), onlyTheirs = Sorted([]);
        foreach (SystemCallAbi abi in Enum.GetValues<SystemCallAbi>())
        {
            ILookup<uint, string> names = SystemCallTable.Of(abi).Numbers.ToLookup(n => n.Value, n => n.Key);
            MachineArchitecture machine = abi is SystemCallAbi.X64 or SystemCallAbi.I386 ? MachineArchitecture.X64 : MachineArchitecture.Arm64;
            foreach (CapabilitySet caps in CapabilitySets)
            {
                foreach (Version kernel in (Version[])[new(4, 7), new(6, 18)])
                {
                    var ours = new FilterInterpreter(SeccompCompiler.Compile(SeccompProfile.Default, caps, machine, kernel));
                    ILookup<uint, Func<ulong[], bool>> theirs = peer.Permitted(abi, caps, kernel);
                    foreach (uint number in Enumerable.Range(0, 600).Concat(Enumerable.Range(0xF0000, 10)).Select(n => (uint)n))
                    {
                        string name = names[number].FirstOrDefault() ?? "unknown";
                        ulong[] samples = name switch { "socket" => Families, "personality" => Personalities, "clone" => Flags, _ => [0] };
                        foreach (ulong sample in samples.Where(s => !abi.Is32Bit() || s <= uint.MaxValue))
                        {
                            bool mine = ours.Run(abi.AuditArchitecture(), number, sample) == SeccompCompilerTests.Allow;
                            bool there = theirs[number].Any(p => p([sample, 0, 0, 0, 0, 0]));
                            if (mine != there)
                            {
                                (mine ? onlyOurs : onlyTheirs).Add($"{abi} {name}({sample})");
                            }
                        }
                    }
                }
            }
        }

        return (onlyOurs, onlyTheirs);
    }

    private static SortedSet<string> Sorted(IEnumerable<string> items) => new(items, StringComparer.Ordinal);
}
