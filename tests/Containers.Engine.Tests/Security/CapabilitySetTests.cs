using Containers.Engine.Security;

namespace Containers.Engine.Tests.Security;

public sealed class CapabilitySetTests
{
    private static readonly CapabilitySet Everything = new((1UL << 41) - 1);

    [Fact]
    public void The_default_set_is_Dockers_fourteen()
    {
        // The mask that `docker run` shows in /proc/1/status.
        Assert.Equal(0x00000000A80425FBUL, CapabilitySet.Default.Bits);
        Assert.Equal(14, CapabilitySet.Default.Count);
    }

    [Fact]
    public void The_full_set_is_what_the_kernel_knows_and_this_process_may_pass_on()
    {
        string line = File.ReadLines("/proc/self/status").Single(l => l.StartsWith("CapBnd:", StringComparison.Ordinal));
        ulong bounding = Convert.ToUInt64(line[7..].Trim(), 16);
        int last = int.Parse(File.ReadAllText("/proc/sys/kernel/cap_last_cap"));
        Assert.Equal(bounding & ((1UL << (last + 1)) - 1), CapabilitySet.Full.Bits);
    }

    [Theory]
    [InlineData("", "", "default")]
    [InlineData("SYS_ADMIN", "", "default+SYS_ADMIN")]
    [InlineData("cap_sys_admin", "", "default+SYS_ADMIN")]
    [InlineData("Cap_Sys_Admin Net_Admin", "chown", "default+SYS_ADMIN+NET_ADMIN-CHOWN")]
    [InlineData("", "ALL", "")]
    [InlineData("NET_BIND_SERVICE", "all", "+NET_BIND_SERVICE")]
    [InlineData("ALL", "", "all")]
    [InlineData("ALL", "MKNOD,CAP_NET_RAW", "all-MKNOD-NET_RAW")]
    [InlineData("ALL", "ALL", "all")]
    [InlineData("MKNOD", "MKNOD", "default")]
    [InlineData("", "SYS_BOOT", "default")]
    public void Lists_combine_as_they_do_in_Docker(string add, string drop, string expected)
    {
        CapabilitySet actual = CapabilitySet.Resolve(Split(add), Split(drop), privileged: false, Everything);
        Assert.Equal(Expected(expected).ToList(), actual.ToList());
    }

    [Fact]
    public void A_privileged_container_gets_what_there_is()
    {
        var available = new CapabilitySet(Everything.Bits & ~CapabilitySet.Of(Capability.CAP_SYS_RESOURCE).Bits);
        Assert.Equal(available, CapabilitySet.Resolve([], ["ALL"], privileged: true, available));
        Assert.Equal(available, CapabilitySet.Resolve(["ALL"], [], privileged: false, available));
    }

    [Fact]
    public void A_capability_that_cannot_be_given_is_an_error_if_it_was_asked_for_by_name()
    {
        var available = new CapabilitySet(Everything.Bits & ~CapabilitySet.Of(Capability.CAP_SYS_RESOURCE).Bits);
        EngineException e = Assert.Throws<EngineException>(() => CapabilitySet.Resolve(["sys_resource"], [], privileged: false, available));
        Assert.Equal(EngineErrorReason.InvalidArgument, e.Reason);
        Assert.Equal("CAP_SYS_RESOURCE", e.Subject);
        Assert.Contains("bounding set", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_set_is_limited_to_what_there_is_without_a_word() =>
        Assert.Equal(
            CapabilitySet.Of(Capability.CAP_CHOWN),
            CapabilitySet.Resolve([], [], privileged: false, CapabilitySet.Of(Capability.CAP_CHOWN, Capability.CAP_BPF)));

    [Theory]
    [InlineData("SYS_ADMN", "CAP_SYS_ADMIN")]
    [InlineData("cap_net_rwa", "CAP_NET_RAW")]
    [InlineData("AL", "ALL")]
    [InlineData("NETADMIN", "CAP_NET_ADMIN")]
    public void An_unknown_name_is_answered_with_the_nearest_one(string name, string suggestion)
    {
        EngineException e = Assert.Throws<EngineException>(() => CapabilitySet.Resolve([name], [], privileged: false, Everything));
        Assert.Equal(EngineErrorReason.InvalidArgument, e.Reason);
        Assert.Contains($"Did you mean {suggestion}?", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("21")]
    [InlineData("CAP_21")]
    [InlineData("")]
    [InlineData("CAP_")]
    [InlineData("CAP_CHOWN,CAP_BPF")]
    [InlineData("a name that resembles nothing at all")]
    public void What_is_no_name_is_refused(string name)
    {
        Assert.Throws<EngineException>(() => CapabilitySet.Resolve([name], [], privileged: false, Everything));
        Assert.Throws<EngineException>(() => CapabilitySet.Resolve([], [name], privileged: false, Everything));
    }

    private static string[] Split(string list) => list.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);

    private static CapabilitySet Expected(string expression)
    {
        ulong bits = expression.StartsWith("default", StringComparison.Ordinal) ? CapabilitySet.Default.Bits
            : expression.StartsWith("all", StringComparison.Ordinal) ? Everything.Bits : 0;
        foreach (string part in expression.Replace("-", " -", StringComparison.Ordinal).Replace("+", " +", StringComparison.Ordinal).Split(' ').Skip(1))
        {
            ulong bit = 1UL << (int)Enum.Parse<Capability>("CAP_" + part[1..]);
            bits = part[0] == '+' ? bits | bit : bits & ~bit;
        }

        return new CapabilitySet(bits);
    }
}
