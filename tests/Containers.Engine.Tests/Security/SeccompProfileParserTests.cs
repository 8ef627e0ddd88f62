using Containers.Engine.Security;

namespace Containers.Engine.Tests.Security;

public sealed class SeccompProfileParserTests
{
    [Theory]
    [InlineData("{\n  \"defaultAction\": \"SCMP_ACT_NO\"\n}", "line 2, at $.defaultAction: unknown action 'SCMP_ACT_NO'; known are SCMP_ACT_ALLOW")]
    [InlineData("{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}", "unknown action 'SCMP_ACT_NOTIFY'")]
    [InlineData("{\"defaultAction\":7}", "at $.defaultAction: action must be a string")]
    [InlineData("{\n\"defaultAction\":\"SCMP_ACT_ALLOW\",\n\"sycalls\":[]}", "line 3, at $.sycalls: the format has no such key")]
    [InlineData("{}", "a required key is missing: 'defaultAction'")]
    [InlineData("", "line 1")]
    [InlineData("null", "an object is needed")]
    [InlineData("[]", "the value is not of the kind this key takes")]
    [InlineData("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultAction\":\"SCMP_ACT_ALLOW\"}", "at $.defaultAction: the key is there twice")]
    [InlineData("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultErrnoRet\":5000}", "$.defaultErrno: 5000 is no error number")]
    [InlineData("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultErrno\":\"ENOPE\"}", "'ENOPE' is no error")]
    [InlineData("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"amd64\"]}", "$.architectures: 'amd64' is no architecture")]
    [InlineData("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_ARM\"],\"archMap\":[{\"architecture\":\"SCMP_ARCH_ARM\"}]}", "both")]
    [InlineData("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"archMap\":[null]}", "$.archMap[0]")]
    [InlineData("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"]}", "SECCOMP_FILTER_FLAG_LOG")]
    [InlineData("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/x\"}", "$.listenerPath")]
    [InlineData("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[null]}", "$.syscalls[0]: an object is needed")]
    public void A_wrong_profile_is_an_error_that_names_the_place(string text, string message) => Refused(text, message);

    [Theory]
    [InlineData("\"action\":\"SCMP_ACT_ALLOW\"", "$.syscalls[1]: it names no system call")]
    [InlineData("\"names\":[],\"action\":\"SCMP_ACT_ALLOW\"", "it names no system call")]
    [InlineData("\"names\":[null],\"action\":\"SCMP_ACT_ALLOW\"", "it names no system call")]
    [InlineData("\"name\":\"read\",\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"", "both 'name' and 'names'")]
    [InlineData("\"names\":[\"read\"]", "a required key is missing: 'action'")]
    [InlineData("\"names\":[\"read\"],\"action\":\"SCMP_ACT_FOO\"", "line 3, at $.syscalls[1].action: unknown action 'SCMP_ACT_FOO'")]
    [InlineData("\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"include\":{}", "at $.syscalls[1].include: the format has no such key")]
    [InlineData("\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":6,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]", "$.syscalls[1].args[0].index")]
    [InlineData("\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":1,\"value\":1,\"op\":\"EQ\"}]", "unknown comparison 'EQ'")]
    [InlineData("\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":1,\"value\":-1,\"op\":\"SCMP_CMP_EQ\"}]", "$.syscalls[1].args[0].value")]
    [InlineData("\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"caps\":[\"CAP_SYS_ADMN\"]}", "Did you mean CAP_SYS_ADMIN")]
    [InlineData("\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"excludes\":{\"minKernel\":\"4\"}", "$.syscalls[1].excludes.minKernel: '4' is no kernel version")]
    [InlineData("\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":65536", "$.syscalls[1].errnoRet")]
    public void A_wrong_rule_is_an_error_that_names_the_place(string rule, string message) =>
        Refused($"{{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[\n{{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}},\n{{{rule}}}]}}", message);

    [Fact]
    public void Everything_of_the_format_is_read()
    {
        SeccompProfile profile = SeccompProfileParser.Parse("""
            {"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":22,
             "archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86","SCMP_ARCH_X32"]},
                        {"architecture":"SCMP_ARCH_AARCH64","subArchitectures":["SCMP_ARCH_ARM"]},
                        {"architecture":"SCMP_ARCH_S390X","subArchitectures":null}],
             "syscalls":[
              {"name":"read","action":"SCMP_ACT_TRACE","errnoRet":9,"args":null,"comment":"c","includes":{},"excludes":{}},
              {"names":["no_such_call","write"],"action":"SCMP_ACT_ERRNO","errno":"ENOSYS",
               "includes":{"caps":["CAP_BPF","CAP_CHOWN"],"arches":["amd64"],"minKernel":"5.10"},"excludes":{"caps":["CAP_KILL"]}},
              {"names":["kill"],"action":"SCMP_ACT_KILL","args":[
                {"index":0,"value":1,"valueTwo":2,"op":"SCMP_CMP_MASKED_EQ"},{"index":1,"value":18446744073709551615,"op":"SCMP_CMP_GT"}]},
              {"names":["tkill"],"action":"SCMP_ACT_LOG","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"},{"index":0,"value":2,"op":"SCMP_CMP_EQ"}]}]}
            """);
        Assert.Equal((SeccompAction.Errno, (ushort)22), (profile.DefaultAction, profile.DefaultData));
        Assert.Equal(MachineArchitectures.Current.Abis().Order(), profile.Abis.Order());
        Assert.Equal(5, profile.Rules.Count);
        Assert.Equal((SeccompAction.Trace, (ushort)9), (profile.Rules[0].Action, profile.Rules[0].Data));
        Assert.Equal(SeccompProfile.ENOSYS, profile.Rules[1].Data);
        Assert.Equal(CapabilitySet.Of(Capability.CAP_BPF, Capability.CAP_CHOWN), profile.Rules[1].Includes!.Capabilities);
        Assert.Equal(new Version(5, 10), profile.Rules[1].Includes!.MinimumKernel);
        Assert.Equal(
            [new(0, SeccompOperator.MaskedEqual, 1, 2), new(1, SeccompOperator.GreaterThan, ulong.MaxValue)], profile.Rules[2].Arguments);
        Assert.Equal([new(0, SeccompOperator.Equal, 1)], profile.Rules[3].Arguments);
        Assert.Equal([new(0, SeccompOperator.Equal, 2)], profile.Rules[4].Arguments);
    }

    [Theory]
    [InlineData("CAP_BPF CAP_CHOWN", MachineArchitecture.X64, "5.10", true)]
    [InlineData("CAP_BPF CAP_CHOWN CAP_MKNOD", MachineArchitecture.X64, "6.0", true)]
    [InlineData("CAP_BPF", MachineArchitecture.X64, "5.10", false)]
    [InlineData("CAP_BPF CAP_CHOWN", MachineArchitecture.Arm64, "5.10", false)]
    [InlineData("CAP_BPF CAP_CHOWN", MachineArchitecture.X64, "5.9", false)]
    [InlineData("CAP_BPF CAP_CHOWN CAP_KILL", MachineArchitecture.X64, "5.10", false)]
    [InlineData("CAP_BPF CAP_CHOWN CAP_SYS_BOOT", MachineArchitecture.X64, "5.10", false)]
    [InlineData("CAP_BPF CAP_CHOWN", MachineArchitecture.X64, "7.0", false)]
    internal void All_of_includes_and_none_of_excludes_must_hold(string caps, MachineArchitecture architecture, string kernel, bool inForce)
    {
        SeccompRule rule = SeccompProfileParser.Parse("""
            {"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["bpf"],"action":"SCMP_ACT_ALLOW",
             "includes":{"caps":["CAP_BPF","CAP_CHOWN"],"arches":["amd64","s390"],"minKernel":"5.10"},
             "excludes":{"caps":["CAP_KILL","CAP_SYS_BOOT"],"arches":["s390"],"minKernel":"7.0"}}]}
            """).Rules[0];
        var held = CapabilitySet.Of([.. caps.Split(' ').Select(CapabilitySet.Parse)]);
        Assert.Equal(inForce, rule.IsInForce(held, architecture, Version.Parse(kernel)));
    }

    [Theory]
    [InlineData("6.1.0-38-amd64", 6, 1)]
    [InlineData("6.18.44-fc-v669", 6, 18)]
    [InlineData("5.10-rc1", 5, 10)]
    [InlineData("4.8", 4, 8)]
    public void A_kernels_release_begins_with_its_version(string release, int major, int minor) =>
        Assert.Equal(new Version(major, minor), SeccompFilter.ParseKernelRelease(release));

    [Theory]
    [InlineData("")]
    [InlineData("6")]
    [InlineData("six.one")]
    [InlineData("6.x")]
    public void A_release_without_a_version_is_an_error(string release) =>
        Assert.Throws<EngineException>(() => SeccompFilter.ParseKernelRelease(release));

    [Fact]
    public void A_filter_is_left_out_only_where_nobody_asked_for_one()
    {
        const string profile = """{"defaultAction":"SCMP_ACT_ALLOW"}""";
        Assert.Null(SeccompFilter.For("unconfined", CapabilitySet.Default, privileged: false));
        Assert.Null(SeccompFilter.For(null, CapabilitySet.Full, privileged: true));
        Assert.NotNull(SeccompFilter.For(null, CapabilitySet.Default, privileged: false));
        Assert.NotNull(SeccompFilter.For(profile, CapabilitySet.Default, privileged: false));
        Assert.NotNull(SeccompFilter.For(profile, CapabilitySet.Full, privileged: true));
    }

    private static void Refused(string text, string message)
    {
        EngineException e = Assert.Throws<EngineException>(() => SeccompProfileParser.Parse(text));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Containers.Engine", e.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", e.Message, StringComparison.Ordinal);
    }
}
