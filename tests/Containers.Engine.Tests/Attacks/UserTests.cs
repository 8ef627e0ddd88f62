using Containers.Engine.Runtime;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Tests.Attacks;

/// <summary>
/// crun CVE-2026-30892, containerd GO-2025-3528: a number too large for a user id ends at root. CVE-2024-9676: the image's
/// passwd is a link to the host, blocks its reader, or is huge.
/// </summary>
public sealed class UserTests : AttackTest
{
    [Theory]
    [InlineData("4294967296")]
    [InlineData("4294967295")]
    [InlineData("-1")]
    [InlineData("-0")]
    [InlineData("2147483648")]
    [InlineData("0x0")]
    [InlineData(" 0")]
    [InlineData("0 ")]
    [InlineData("+0")]
    [InlineData("18446744073709551616")]
    [InlineData("340282366920938463463374607431768211456")]
    [InlineData("0.0")]
    [InlineData("０")]
    [InlineData("user:4294967296")]
    [InlineData("1000:-1")]
    [InlineData("1000:+0")]
    [InlineData("1000: 0")]
    [InlineData("user:0x0")]
    public void A_user_that_is_no_number_in_range_and_no_name_is_refused__not_seen_to_succeed_without_it(string user)
    {
        string sentence = Refused(Script("id") with { User = user });
        Assert.Contains("finding the user", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("4294967296", "0")]
    [InlineData("18446744073709551616", "0")]
    [InlineData("-1", "0")]
    [InlineData("+0", "0")]
    [InlineData(" 0", "0")]
    [InlineData("", "")]
    [InlineData("1000", "4294967296")]
    [InlineData("1000", "")]
    public void A_line_of_passwd_with_such_a_number_is_refused__not_seen_to_succeed_without_it(string uid, string gid)
    {
        File.WriteAllText($"{Image}/etc/passwd", $"evil:x:{uid}:{gid}::/:/bin/sh\n");
        string sentence = Refused(Script("id") with { User = "evil" });
        Assert.Contains("finding the user", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0", "0 0 0")]
    [InlineData("user", "1000 1000 1000 2000")]
    [InlineData("user:root", "1000 0 0")]
    [InlineData("1234:77", "1234 77 77")]
    [InlineData("2147483647", "2147483647 0 0")]
    public void What_is_a_user_is_that_user(string user, string expected)
    {
        string actual = Fixture.Run(Script("echo $(id -u) $(id -g) $(id -G)") with { User = user }).Good().Trim();
        Assert.Equal(expected, actual);
    }

    [Theory]
    [InlineData("etc/passwd")]
    [InlineData("etc/group")]
    public void A_passwd_or_group_that_is_no_small_regular_file_is_refused_and_blocks_nobody__not_seen_to_succeed_without_it(string file)
    {
        string path = $"{Image}/{file}";
        File.Delete(path);
        AttackProbe.Needed("mkfifo", path);
        Assert.Contains("not a regular file", Refused(Script("id")), StringComparison.Ordinal);
        File.Delete(path);
        AttackProbe.Needed("mknod", path, "c", "1", "5");
        Assert.Contains("not a regular file", Refused(Script("id")), StringComparison.Ordinal);
        File.Delete(path);
        Directory.CreateDirectory(path);
        Assert.Contains("not a regular file", Refused(Script("id")), StringComparison.Ordinal);
        Directory.Delete(path);
        File.WriteAllBytes(path, new byte[2 * 1024 * 1024]);
        Assert.Contains("larger than 1 MiB", Refused(Script("id")), StringComparison.Ordinal);
        File.Delete(path);
        File.CreateSymbolicLink(path, "passwd-loop");
        File.CreateSymbolicLink($"{Image}/etc/passwd-loop", Path.GetFileName(path));
        Assert.Contains("cannot be read", Refused(Script("id")), StringComparison.Ordinal);
        File.Delete(path);

        // A link to the kernel's own files is one inside the root, where /proc is the container's.
        File.CreateSymbolicLink(path, "/proc/kmsg");
        Assert.True(Fixture.Run(Script("id -u")).ExitCode is 0);
    }

    [Fact]
    public void A_passwd_that_is_a_link_to_the_host_is_looked_for_in_the_image()
    {
        WriteHostPasswd();
        foreach (string target in (string[])[$"{HostFolder}/passwd", $"../../../../../../../..{HostFolder}/passwd"])
        {
            File.Delete($"{Image}/etc/passwd");
            File.CreateSymbolicLink($"{Image}/etc/passwd", target);
            Assert.Contains("no user 'hostuser'", Refused(Script("id") with { User = "hostuser" }), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Without_the_resolution_inside_the_root_the_host_s_passwd_is_read()
    {
        WriteHostPasswd();
        File.Delete($"{Image}/etc/passwd");
        File.CreateSymbolicLink($"{Image}/etc/passwd", $"{HostFolder}/passwd");
        using FileDescriptor slash = Files.Open(Files.CurrentFolder, $"{Fixture.MakeFolder("other")}/..", LibC.O_PATH | LibC.O_DIRECTORY);
        Directory.CreateDirectory($"{Fixture.Root}/etc");
        File.Copy($"{HostFolder}/passwd", $"{Fixture.Root}/etc/passwd");
        string output = RunEdited(Script("id -u") with { User = "hostuser" }, plan =>
        {
            // The same lookup with a folder of the host as its root.
            plan.Keep(slash.Number);
            ref Init.Plan.PlanStep step = ref plan.Step("finding the user");
            step.A = slash.Number;
            step.RegisterArguments &= 0xfe;
        }).Good();
        Assert.Equal("4242\n", output);
    }

    [Fact]
    public void Garbage_in_passwd_and_group_is_no_user()
    {
        byte[] garbage = new byte[65536];
        new Random(1).NextBytes(garbage);
        File.WriteAllBytes($"{Image}/etc/passwd", garbage);
        File.WriteAllBytes($"{Image}/etc/group", garbage);
        Assert.Contains("no user 'user'", Refused(Script("id") with { User = "user" }), StringComparison.Ordinal);
        Assert.Equal("1000\n", Fixture.Run(Script("id -u") with { User = "1000" }).Good());
    }

    private void WriteHostPasswd() => File.WriteAllText($"{HostFolder}/passwd", "hostuser:x:4242:4242::/:/bin/sh\n");
}
