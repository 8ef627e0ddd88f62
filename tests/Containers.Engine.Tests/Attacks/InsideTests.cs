namespace Containers.Engine.Tests.Attacks;

/// <summary>What a container's process finds around it at its start: nothing of the host's, and nothing left over from the session.</summary>
[Trait("Kernel", "CgroupV2")]
public sealed class InsideTests : AttackTest
{
    [Fact]
    public void The_file_mode_mask_is_022_and_every_signal_is_default_and_unblocked()
    {
        string status = Fixture.Shell(Image, "umask; exec cat /proc/self/status").Good();
        Assert.StartsWith("0022\n", status, StringComparison.Ordinal);
        foreach (string set in (string[])["SigBlk", "SigIgn", "SigCgt", "SigPnd", "ShdPnd"])
        {
            Assert.Contains($"{set}:\t0000000000000000\n", status, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Without_the_mask_set_anew_files_are_made_open_to_all() =>
        Assert.Equal("0000\n", RunEdited(Script("umask"), plan => plan.LeaveOut("setting the file mode mask")).Good());

    [Fact]
    public void Limits_priority_and_oom_score_are_set_rather_than_inherited()
    {
        string output = Run("ulimit -Sn; cat /proc/self/oom_score_adj; cut -d' ' -f19 /proc/self/stat; cat /proc/self/personality").Good();
        Assert.StartsWith("1024\n0\n0\n00000000", output, StringComparison.Ordinal);
    }
}
