using Containers.Engine.Images;
using Containers.Engine.Runtime;
using Containers.Init;
using Containers.Init.Plan;

namespace Containers.Engine.Tests.Attacks;

/// <summary>
/// runc CVE-2022-29162, podman CVE-2022-27649 (inheritable capabilities), podman CVE-2026-94603, CRI-O CVE-2024-3154 (metadata
/// that grants privilege), and what setuid bits and file capabilities gain.
/// </summary>
public sealed class PrivilegeTests : AttackTest
{
    private const string Default = "00000000a80425fb", None = "0000000000000000";
    private const string Capabilities = "grep -E 'Cap|NoNewPrivs|Seccomp:|Groups' /proc/self/status | tr -d '\\t '";

    [Theory]
    [InlineData("0", Default)]
    [InlineData("1000", None)]
    [InlineData("user", None)]
    [Trait("Kernel", "CgroupV2")]
    public void Inheritable_and_ambient_capabilities_are_empty_and_the_others_are_the_default_ones(string user, string own)
    {
        string output = Fixture.Run(Script(Capabilities) with { User = user }).Good();
        foreach (string line in (string[])[$"CapInh:{None}", $"CapAmb:{None}", $"CapBnd:{Default}", $"CapPrm:{own}", $"CapEff:{own}", "NoNewPrivs:1", "Seccomp:2"])
        {
            Assert.Contains(line + "\n", output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Inheritable_capabilities_that_the_helper_has_are_taken_away_and_stay_where_that_is_left_out()
    {
        Assert.Contains($"CapInh:{None}\n", RunEdited(Script(Capabilities), MakeInheritable).Good(), StringComparison.Ordinal);
        string output = RunEdited(Script(Capabilities), plan =>
        {
            MakeInheritable(plan);
            plan.LeaveOut("taking on the user's identity");
        }).Good();
        Assert.Contains("CapInh:0000000000000401\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain($"CapEff:{Default}\n", output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_setuid_program_and_one_with_file_capabilities_gain_nothing_unless_that_is_asked_for()
    {
        AttackProbe.Build($"{Image}/bin/setuid");
        File.Copy($"{Image}/bin/setuid", $"{Image}/bin/capable");
        File.SetUnixFileMode($"{Image}/bin/setuid", (UnixFileMode)0x9ED);
        AttackProbe.Needed("setcap", "cap_net_raw+ep", $"{Image}/bin/capable");
        const string script = "/bin/setuid who; /bin/capable who";
        Assert.Equal($"1000 1000\nCapEff:\t{None}\n1000 1000\nCapEff:\t{None}\n", Fixture.Run(Script(script) with { User = "1000" }).Good());
        Assert.Equal(
            $"1000 0\nCapEff:\t{Default}\n1000 1000\nCapEff:\t0000000000002000\n", Fixture.Run(Script(script) with { User = "1000", NoNewPrivileges = false }).Good());
    }

    [Fact]
    public void An_image_s_metadata_grants_no_privilege__not_seen_to_succeed_without_it()
    {
        AttackProbe.Needed("tar", "-C", Image, "-cf", $"{Fixture.Root}/image.tar", ".");
        using (FileStream archive = File.OpenRead($"{Fixture.Root}/image.tar"))
        {
            _ = Fixture.Engine.Images.Make(archive, "evil", new ImageMakingOptions
            {
                Changes = new ImageChanges
                {
                    User = "root",
                    Env = new Dictionary<string, string> { ["container"] = "privileged", ["LD_PRELOAD"] = "/evil.so", ["CONTAINERS_ROOT"] = "/evil", ["CONTAINERS_CONFIG"] = "/evil" },
                    Labels = new Dictionary<string, string>
                    {
                        ["privileged"] = "true", ["io.containers.capabilities"] = "SYS_ADMIN", ["run.oci.keep_original_groups"] = "1",
                        ["io.kubernetes.cri-o.userns-mode"] = "host", ["org.systemd.property.DevicePolicy"] = "'auto'", ["seccomp"] = "unconfined",
                        ["security-opt"] = "no-new-privileges=false",
                    },
                },
            }, null, TestContext.Current.CancellationToken);
        }

        RunResult result = Fixture.Run(new ContainerOptions { Image = "evil", Command = ["sh", "-c", Capabilities + "; ls /dev | tr '\\n' ' '; echo x > /proc/sys/kernel/domainname || echo read-only"] });
        string output = result.Good();
        foreach (string line in (string[])[$"CapInh:{None}", $"CapAmb:{None}", $"CapBnd:{Default}", $"CapEff:{Default}", "NoNewPrivs:1", "Seccomp:2", "Groups:", "read-only"])
        {
            Assert.Contains(line + "\n", output, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("kmsg", output, StringComparison.Ordinal);
        Assert.False(result.Container.Options.Privileged);
        Fixture.Engine.Images.Remove("evil", force: true);
    }

    [Fact]
    public void The_session_keyring_is_a_new_one_and_the_session_s_own_where_making_it_is_left_out()
    {
        AttackProbe.Build($"{Image}/bin/probe");
        string host = AttackProbe.Needed($"{Image}/bin/probe", "keyring");
        ContainerOptions options = Options("probe", "keyring") with { SeccompProfile = "unconfined" };
        Assert.NotEqual(host, Fixture.Run(options).Good());
        Assert.Equal(host, RunEdited(options, plan => plan.LeaveOut("making a session keyring")).Good());
    }

    /// <summary>capset(2) with CAP_CHOWN's and CAP_NET_BIND_SERVICE's bits inheritable, as an engine gives that was itself started so.</summary>
    private static void MakeInheritable(PlanEdit plan)
    {
        byte[] header = [.. BitConverter.GetBytes(0x20080522), .. new byte[4]];
        uint all = uint.MaxValue;
        byte[] sets = [.. BitConverter.GetBytes(all), .. BitConverter.GetBytes(all), .. BitConverter.GetBytes(0x401u),
            .. BitConverter.GetBytes(0x1ffu), .. BitConverter.GetBytes(0x1ffu), .. BitConverter.GetBytes(0u)];
        Containers.Engine.Runtime.Launch.PlanArgument first = plan.Add(header), second = plan.Add(OwnSets(sets));
        PlanEdit.Replace(ref plan.Step("setting the scheduling priority"), SysNr.Capset, first, second);
    }

    /// <summary>Permitted and effective as this process has them, so that the call adds nothing but the inheritable ones.</summary>
    private static byte[] OwnSets(byte[] sets)
    {
        string status = File.ReadAllText("/proc/self/status");
        int at = status.IndexOf("CapPrm:", StringComparison.Ordinal) + 7;
        byte[] permitted = BitConverter.GetBytes(Convert.ToUInt64(status[at..status.IndexOf('\n', at)].Trim(), 16));
        permitted.AsSpan(0, 4).CopyTo(sets);
        permitted.AsSpan(0, 4).CopyTo(sets.AsSpan(4));
        permitted.AsSpan(4, 4).CopyTo(sets.AsSpan(12));
        permitted.AsSpan(4, 4).CopyTo(sets.AsSpan(16));
        return sets;
    }
}
