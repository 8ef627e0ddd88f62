using System.Security.Cryptography;
using Containers.Engine.Security;

namespace Containers.Engine.Tests.Security;

public sealed class SeccompCompilerTests
{
    internal const uint X64 = 0xC000003E, I386 = 0x40000003, Arm64 = 0xC00000B7, Arm = 0x40000028;
    internal const uint Allow = 0x7FFF0000, Eperm = 0x00050001, Enosys = 0x00050026, KillProcess = 0x80000000;

    private static readonly Version Kernel = new(6, 18);

    [Theory]
    [InlineData(MachineArchitecture.X64)]
    [InlineData(MachineArchitecture.Arm64)]
    internal void The_default_filter_is_short_and_shallow(MachineArchitecture architecture)
    {
        FilterInterpreter filter = Compile(SeccompProfile.Default, CapabilitySet.Default, architecture);
        SystemCallAbi own = architecture.Abis()[0];
        List<int> steps = [];
        foreach (uint number in SystemCallTable.Of(own).Numbers.Values)
        {
            filter.Run(own.AuditArchitecture(), number);
            steps.Add(filter.Steps);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{filter.Length} instructions, {steps.Average():F1} passed on average, {steps.Max()} at most");
        Assert.Equal(0, filter.Unreachable);
        Assert.InRange(filter.Length, 1, 500);
        Assert.InRange(steps.Average(), 1, 16);
    }

    [Theory]
    [InlineData("read", X64, Allow)]
    [InlineData("mount", X64, Eperm)]
    [InlineData("io_uring_setup", X64, Eperm)]
    [InlineData("userfaultfd", X64, Eperm)]
    [InlineData("keyctl", X64, Eperm)]
    [InlineData("add_key", I386, Eperm)]
    [InlineData("kexec_load", I386, Eperm)]
    [InlineData("clone3", X64, Enosys)]
    [InlineData("clone3", I386, Enosys)]
    [InlineData("ptrace", X64, Allow)]
    [InlineData("open_tree_attr", X64, Enosys)]
    [InlineData("listns", X64, Enosys)]
    [InlineData("socketcall", I386, Enosys)]
    [InlineData("ipc", I386, Allow)]
    [InlineData("chroot", X64, Allow)]
    [InlineData("unshare", I386, Eperm)]
    internal void The_default_profile_answers(string name, uint architecture, uint verdict)
    {
        SystemCallAbi abi = architecture == X64 ? SystemCallAbi.X64 : SystemCallAbi.I386;
        FilterInterpreter filter = Compile(SeccompProfile.Default, CapabilitySet.Default);
        Assert.Equal(verdict, filter.Run(architecture, SystemCallTable.Of(abi).Numbers[name]));
    }

    [Theory]
    [InlineData(1UL, Allow)]
    [InlineData(2UL, Allow)]
    [InlineData(37UL, Allow)]
    [InlineData(38UL, Eperm)]
    [InlineData(39UL, Allow)]
    [InlineData(40UL, Eperm)]
    [InlineData(41UL, Allow)]
    [InlineData(45UL, Allow)]
    [InlineData(46UL, Eperm)]
    [InlineData((1UL << 32) + 38, Eperm)]
    [InlineData((1UL << 32) + 40, Eperm)]
    [InlineData((1UL << 63) + 38, Eperm)]
    [InlineData((1UL << 32) + 2, Eperm)]
    [InlineData(ulong.MaxValue, Eperm)]
    internal void Socket_families_pass_by_the_whole_register(ulong family, uint verdict)
    {
        FilterInterpreter filter = Compile(SeccompProfile.Default, CapabilitySet.Full);
        Assert.Equal(verdict, filter.Run(X64, 41, family));
        if (family <= uint.MaxValue)
        {
            Assert.Equal(verdict, filter.Run(I386, 359, family));
        }
    }

    [Fact]
    public void Clone_with_a_namespace_flag_needs_CAP_SYS_ADMIN()
    {
        FilterInterpreter without = Compile(SeccompProfile.Default, CapabilitySet.Default);
        FilterInterpreter with = Compile(SeccompProfile.Default, CapabilitySet.Of(Capability.CAP_SYS_ADMIN));
        foreach ((uint arch, uint clone, uint clone3) in ((uint, uint, uint)[])[(X64, 56, 435), (I386, 120, 435)])
        {
            Assert.Equal(Allow, without.Run(arch, clone, 0x3D0F00));
            foreach (uint flag in (uint[])[0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000])
            {
                Assert.Equal(Eperm, without.Run(arch, clone, 0x11 | flag));
                Assert.Equal(Allow, with.Run(arch, clone, 0x11 | flag));
            }

            Assert.Equal(Enosys, without.Run(arch, clone3));
            Assert.Equal(Allow, with.Run(arch, clone3));
        }
    }

    [Fact]
    public void Before_Linux_4_8_ptrace_needs_CAP_SYS_PTRACE()
    {
        var old = new Version(4, 7);
        byte[] without = SeccompCompiler.Compile(SeccompProfile.Default, CapabilitySet.Default, MachineArchitecture.X64, old);
        byte[] with = SeccompCompiler.Compile(
            SeccompProfile.Default, CapabilitySet.Of(Capability.CAP_SYS_PTRACE), MachineArchitecture.X64, old);
        Assert.Equal(Eperm, new FilterInterpreter(without).Run(X64, 101));
        Assert.Equal(Allow, new FilterInterpreter(with).Run(X64, 101));
    }

    [Fact]
    public void Calls_newer_than_the_profile_are_answered_as_an_old_kernel_would()
    {
        FilterInterpreter filter = Compile(SeccompProfile.Default, CapabilitySet.Full);
        Assert.All((uint[])[467, 470, 471, 472, 600, 4000, 0x3FFFFFFF], n => Assert.Equal(Enosys, filter.Run(X64, n)));
        Assert.All((uint[])[467, 470, 472, 4000, 0x40000000, uint.MaxValue], n => Assert.Equal(Enosys, filter.Run(I386, n)));

        // A user's old profile: what came after the newest call it names, clone3 say, is not refused but missing.
        FilterInterpreter old = Compile(Parse("""{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read","statx"],"action":"SCMP_ACT_ALLOW"}]}"""));
        Assert.Equal(Allow, old.Run(X64, 332));
        Assert.Equal(Eperm, old.Run(X64, 331));
        Assert.Equal(Enosys, old.Run(X64, 435));
    }

    [Fact]
    public void X32_is_refused_whatever_the_profile()
    {
        foreach (SeccompProfile profile in (SeccompProfile[])[SeccompProfile.Default, new(SeccompAction.Allow, []), Parse(
            """{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X32"]}""")])
        {
            FilterInterpreter filter = Compile(profile, CapabilitySet.Full);
            for (uint number = 0; number < 600; number++)
            {
                Assert.Equal(Enosys, filter.Run(X64, 0x40000000 | number));
            }

            Assert.Equal(Enosys, filter.Run(X64, uint.MaxValue));
            Assert.Equal(Enosys, filter.Run(X64, 520));
        }
    }

    [Theory]
    [InlineData(MachineArchitecture.X64, X64, I386)]
    [InlineData(MachineArchitecture.Arm64, Arm64, Arm)]
    internal void Only_the_machines_own_ABIs_live(MachineArchitecture machine, uint own, uint compat)
    {
        FilterInterpreter filter = Compile(SeccompProfile.Default, CapabilitySet.Default, machine);
        foreach (uint arch in (uint[])[X64, I386, Arm64, Arm, 0, 0xC0000016, uint.MaxValue])
        {
            uint getpid = arch switch { X64 => 39, Arm64 => 172, _ => 20 };
            Assert.Equal(arch == own || arch == compat ? Allow : KillProcess, filter.Run(arch, getpid));
        }

        // A profile that does not speak of the second ABI does not open it, not even one that allows all it does not name.
        FilterInterpreter ownOnly = Compile(new SeccompProfile(SeccompAction.Allow, []), CapabilitySet.Default, machine);
        Assert.Equal(Allow, ownOnly.Run(own, 20));
        Assert.Equal(KillProcess, ownOnly.Run(compat, 20));
    }

    [Fact]
    public void Arm_knows_its_private_calls()
    {
        FilterInterpreter filter = Compile(SeccompProfile.Default, CapabilitySet.Default, MachineArchitecture.Arm64);
        Assert.Equal(Allow, filter.Run(Arm, 0xF0005));
        Assert.Equal(Allow, filter.Run(Arm, 0xF0002));
        Assert.Equal(Eperm, filter.Run(Arm, 0xF0003));
        Assert.Equal(Enosys, filter.Run(Arm, 0xF0000));
        Assert.Equal(Enosys, filter.Run(Arm, 0xF0007));
        Assert.Equal(Eperm, filter.Run(Arm, 281, 38));
        Assert.Equal(Eperm, filter.Run(Arm64, 198, 38));
    }

    [Fact]
    public void A_socket_that_is_forbidden_cannot_be_had_through_socketcall_either()
    {
        const string architectures = "\"architectures\":[\"SCMP_ARCH_X86\"]";
        FilterInterpreter deny = Compile(Parse($$"""
            {"defaultAction":"SCMP_ACT_ALLOW",{{architectures}},"syscalls":[
            {"names":["socket"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":38,"op":"SCMP_CMP_EQ"}]},
            {"names":["shmget"],"action":"SCMP_ACT_ERRNO"}]}
            """));
        Assert.Equal(Eperm, deny.Run(I386, 102, 1));
        Assert.Equal(Allow, deny.Run(I386, 102, 2));
        Assert.Equal(Eperm, deny.Run(I386, 117, 23));
        Assert.Equal(Eperm, deny.Run(I386, 117, 0x10017));
        Assert.Equal(Allow, deny.Run(I386, 117, 24));

        FilterInterpreter allow = Compile(Parse($$"""
            {"defaultAction":"SCMP_ACT_ERRNO",{{architectures}},"syscalls":[
            {"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2,"op":"SCMP_CMP_EQ"}]},
            {"names":["bind"],"action":"SCMP_ACT_ALLOW"}]}
            """));
        Assert.Equal(Allow, allow.Run(I386, 359, 2));
        Assert.Equal(Eperm, allow.Run(I386, 102, 1));
        Assert.Equal(Allow, allow.Run(I386, 102, 2));
    }

    [Fact]
    public void Of_several_matching_rules_the_strictest_counts()
    {
        const string allow = """{"names":["read"],"action":"SCMP_ACT_ALLOW"}""";
        const string deny = """{"names":["read"],"action":"SCMP_ACT_KILL_PROCESS","args":[{"index":0,"value":7,"op":"SCMP_CMP_EQ"}]}""";
        foreach (string rules in (string[])[$"{allow},{deny}", $"{deny},{allow}"])
        {
            FilterInterpreter filter = Compile(Parse($$"""{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{{rules}}]}"""));
            Assert.Equal(KillProcess, filter.Run(X64, 0, 7));
            Assert.Equal(Allow, filter.Run(X64, 0, 8));
        }
    }

    [Theory]
    [InlineData("NE", 5UL, 0UL)]
    [InlineData("LT", 5UL, 0UL)]
    [InlineData("LE", 5UL, 0UL)]
    [InlineData("EQ", 5UL, 0UL)]
    [InlineData("GE", 5UL, 0UL)]
    [InlineData("GT", 5UL, 0UL)]
    [InlineData("GE", 0xFFFFFFFFUL, 0UL)]
    [InlineData("LT", 0x100000000UL, 0UL)]
    [InlineData("GT", 0x500000005UL, 0UL)]
    [InlineData("LE", 0x500000005UL, 0UL)]
    [InlineData("EQ", 0x500000005UL, 0UL)]
    [InlineData("NE", ulong.MaxValue, 0UL)]
    [InlineData("MASKED_EQ", 0xF0000000FUL, 0x500000005UL)]
    [InlineData("MASKED_EQ", 0xFUL, 5UL)]
    [InlineData("MASKED_EQ", 0xF00000000UL, 0UL)]
    [InlineData("MASKED_EQ", 0UL, 0UL)]
    [InlineData("MASKED_EQ", 0xFUL, 0x10UL)]
    [InlineData("MASKED_EQ", 0xFUL, 0x1000000000UL)]
    public void Arguments_are_compared_as_64_bit_numbers(string op, ulong value, ulong valueTwo)
    {
        FilterInterpreter filter = Compile(Parse($$"""
            {"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86"],"syscalls":[
            {"names":["getpid"],"action":"SCMP_ACT_ALLOW","args":[{"index":5,"value":{{value}},"valueTwo":{{valueTwo}},"op":"SCMP_CMP_{{op}}"}]}]}
            """));
        ulong[] samples = [0, 1, 4, 5, 6, 0xF, 0x15, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, 0x100000000, 0x100000005, 0x500000004, 0x500000005, 0x500000006,
            0x1500000015, 0x600000000, 0x600000005, ulong.MaxValue];
        foreach (ulong a in samples)
        {
            bool holds = op switch
            {
                "NE" => a != value, "LT" => a < value, "LE" => a <= value, "EQ" => a == value, "GE" => a >= value, "GT" => a > value,
                _ => (a & value) == valueTwo,
            };
            Assert.Equal(holds ? Allow : Eperm, filter.Run(X64, 39, 0, 0, 0, 0, 0, a));
            if (a <= uint.MaxValue && value != ulong.MaxValue)
            {
                Assert.Equal(holds ? Allow : Eperm, filter.Run(I386, 20, 0, 0, 0, 0, 0, a));
            }
        }
    }

    [Fact]
    public void A_negative_value_means_the_same_on_32_bits()
    {
        FilterInterpreter filter = Compile(Parse("""
            {"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86"],"syscalls":[
            {"names":["kill"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":18446744073709551615,"op":"SCMP_CMP_EQ"}]}]}
            """));
        Assert.Equal(Eperm, filter.Run(I386, 37, 0xFFFFFFFF));
        Assert.Equal(Eperm, filter.Run(X64, 62, ulong.MaxValue));
        Assert.Equal(Allow, filter.Run(X64, 62, 0xFFFFFFFF));
    }

    [Fact]
    public void Programs_with_jumps_longer_than_a_branch_reaches_are_right()
    {
        // A different set of conditions for every call makes blocks that no single branch spans.
        List<string> names = [.. SystemCallTable.Of(SystemCallAbi.X64).Numbers.Where(n => n.Value < 300).Select(n => n.Key)];
        var rules = names.Select((n, i) => new SeccompRule(SeccompAction.Allow, [n]) { Arguments = [new(i % 6, SeccompOperator.Equal, (ulong)i << 20)] });
        FilterInterpreter filter = Compile(new SeccompProfile(SeccompAction.Errno, [.. rules]));
        Assert.InRange(filter.Length, 1000, 4096);
        for (int i = 0; i < names.Count; i++)
        {
            ulong[] arguments = new ulong[6];
            uint number = SystemCallTable.Of(SystemCallAbi.X64).Numbers[names[i]];
            arguments[i % 6] = (ulong)i << 20;
            Assert.Equal(Allow, filter.Run(X64, number, arguments));
            arguments[i % 6] ^= 1UL << 62;
            Assert.Equal(Eperm, filter.Run(X64, number, arguments));
        }
    }

    [Fact]
    public void A_profile_too_long_for_the_kernel_is_an_error()
    {
        var rules = Enumerable.Range(0, 2000).Select(i => new SeccompRule(SeccompAction.Allow, ["read"]) { Arguments = [new(0, SeccompOperator.Equal, (ulong)i)] });
        EngineException e = Assert.Throws<EngineException>(() => Compile(new SeccompProfile(SeccompAction.Errno, [.. rules])));
        Assert.Equal(EngineErrorReason.LimitExceeded, e.Reason);
        Assert.Contains("4096", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_of_what_is_compiled_needs_a_new_format_version()
    {
        // Filters of an older build are found in the cache unless SeccompCache.FormatVersion is raised. Raise it, then put both here.
        byte[] all = [.. from architecture in Enum.GetValues<MachineArchitecture>()
            from caps in (CapabilitySet[])[CapabilitySet.None, CapabilitySet.Default, new((1UL << 41) - 1)]
            from b in SeccompCompiler.Compile(SeccompProfile.Default, caps, architecture, Kernel)
            select b];
        Assert.Equal("1 ED16C114FD28E3B1", $"{SeccompCache.FormatVersion} {Convert.ToHexString(SHA256.HashData(all))[..16]}");
    }

    internal static SeccompProfile Parse(string text) => SeccompProfileParser.Parse(text);

    internal static FilterInterpreter Compile(
        SeccompProfile profile, CapabilitySet caps = default, MachineArchitecture architecture = MachineArchitecture.X64) =>
        new(SeccompCompiler.Compile(profile, caps, architecture, Kernel));
}
