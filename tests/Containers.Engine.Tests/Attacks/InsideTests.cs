using Containers.Engine.Runtime;

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

}
