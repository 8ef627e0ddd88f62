using System.Diagnostics;
using System.Globalization;
using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.EndToEnd;

/// <summary>What the engine is for, on real input: a command, a script and a service in a real Debian, from sessions that come and go.</summary>
public sealed class RealInputTests(DebianFixture debian) : IClassFixture<DebianFixture>
{
    private const int InterruptSignal = 2, KillSignal = 9, HangUpSignal = 1;

    [Fact]
    public void A_command_sees_Debian_and_is_isolated()
    {
        NeedsDebian();
        ShellResult result = debian.Session(
            "Invoke-Container -Rm debian -- bash -c 'cat /etc/os-release; id; readlink /proc/self/ns/*; grep Cap /proc/self/status; dpkg -l | grep -c ^ii'");

        Assert.Equal((0, string.Empty), (result.ExitCode, result.Error));
        Assert.Contains("ID=debian", result.OutputLines);
        Assert.Contains("uid=0(root) gid=0(root) groups=0(root)", result.OutputLines);
        Assert.Equal(["CapInh:\t0000000000000000", "CapAmb:\t0000000000000000"], result.OutputLines.Where(l => l.StartsWith("CapInh", StringComparison.Ordinal) || l.StartsWith("CapAmb", StringComparison.Ordinal)));
        Assert.Equal(3, result.OutputLines.Count(l => l.EndsWith("\t00000000a80425fb", StringComparison.Ordinal)));
        Assert.True(int.Parse(result.OutputLines[^1], CultureInfo.InvariantCulture) > 50);
        foreach (string type in (string[])["mnt", "pid", "net", "uts", "ipc", "cgroup"])
        {
            string host = new FileInfo($"/proc/self/ns/{type}").LinkTarget!;
            Assert.Contains(result.OutputLines, line => line.StartsWith(type + ":", StringComparison.Ordinal) && line != host);
        }
    }

    [Fact]
    public void Two_hundred_megabytes_go_with_their_container()
    {
        NeedsDebian();
        ShellResult result = debian.Session("Invoke-Container -Rm debian -- sh -c 'dd if=/dev/zero of=/big bs=1M count=200 2>/dev/null; stat -c %s /big'");

        Assert.Equal("209715200", result.Output.Trim());

        // Not through links: Debian's /var/run leads to /run, where the roots lie in the virtual machine.
        Assert.Empty(Directory.GetFiles(
            debian.Root, "big", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }));
    }

    [Fact]
    public void The_pipeline_is_standard_input_and_exit_codes_come_back()
    {
        NeedsDebian();
        ShellResult result = debian.Session(
            """
            1..3 | Invoke-Container -Rm debian -- sort -rn
            foreach ($code in 0, 1, 42) { Invoke-Container -Rm debian -- bash -c "exit $code"; "exit $LASTEXITCODE" }
            Invoke-Container -Rm debian -- no-such-command 2>$null; "exit $LASTEXITCODE"
            Invoke-Container -Rm debian -- /etc/passwd 2>$null; "exit $LASTEXITCODE"
            Invoke-Container -Rm debian -- bash -c 'sleep 1000 & kill -9 $!; wait $!'; "exit $LASTEXITCODE"
            """);

        Assert.Equal(["3", "2", "1", "exit 0", "exit 1", "exit 42", "exit 127", "exit 126", "exit 137"], result.OutputLines);
    }

    [Fact]
    public void A_service_outlives_its_session_and_the_next_one_has_it_in_hand()
    {
        NeedsDebian();
        debian.Session("Invoke-Container -Detach -Name ticker debian -- bash -c 'for ((i = 1; ; i++)); do echo tick $i; sleep 1; done'");

        ShellResult seen = debian.Session(
            """
            Get-Container ticker | ForEach-Object { "$($_.State)" }
            Get-ContainerLog ticker -Follow | ForEach-Object -Begin { $n = 0 } -Process { $_.Text; if (++$n -eq 3) { break } }
            """);
        Assert.Equal(["Running", "tick 1", "tick 2", "tick 3"], seen.OutputLines);

        ShellResult ended = debian.Session(
            "Stop-Container ticker -Timeout 1s; Get-Container ticker | ForEach-Object { \"$($_.State) $($_.ExitCode)\" }; Remove-Container ticker; Get-Container ticker 2>$null");
        Assert.Equal(["Exited 137"], ended.OutputLines);
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Fifty_containers_are_started_listed_stopped_and_removed_in_one_pipeline()
    {
        ShellResult result = debian.Session(
            """
            1..50 | ForEach-Object { Invoke-Container -Detach -Name "many-$_" host -- sleep 1000 } | ForEach-Object { $count++ }
            "$count started, $(@(Get-Container many-* | Where-Object State -eq Running).Count) run"
            $removed = Get-Container many-* | Where-Object State -eq Running | Stop-Container -Timeout 0 -PassThru | Remove-Container -PassThru
            "$($removed.Count) removed, $(@(Get-Container many-*).Count) left"
            """);

        Assert.Equal(["50 started, 50 run", "50 removed, 0 left"], result.OutputLines);
    }

    [Fact]
    public void An_interrupt_ends_the_container_and_the_session()
    {
        using Process session = debian.Start("Invoke-Container -Rm host -- sh -c 'echo started; sleep 1000'");
        Assert.Equal("started", session.StandardOutput.ReadLine());

        Signal(session.Id, InterruptSignal);
        ShellProcess.WaitForExit(session);

        Assert.Equal(130, session.ExitCode);
        Assert.Equal(string.Empty, debian.Session("Get-Container").Output.Trim());
    }

    [Fact]
    public void A_reader_that_has_enough_ends_the_container()
    {
        ShellResult result = debian.Session("Invoke-Container -Rm host -- sh -c 'while :; do echo y; done' | ForEach-Object { $_; break }");

        Assert.Equal(["y"], result.OutputLines);
        Assert.Equal(string.Empty, debian.Session("Get-Container").Output.Trim());
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_killed_session_leaves_its_container_which_still_goes_at_its_end()
    {
        using Process session = debian.Start("Invoke-Container -Rm -Name orphan host -- sh -c 'echo started; while [ ! -e /stop ]; do sleep 0.1; done; echo ended'");
        Assert.Equal("started", session.StandardOutput.ReadLine());
        session.Kill();
        session.WaitForExit();

        string[] state = debian.Session("Get-Container orphan | ForEach-Object { \"$($_.State) $($_.ProcessId)\" }").Output.Trim().Split(' ');
        Assert.Equal("Running", state[0]);
        File.WriteAllText($"/proc/{state[1]}/root/stop", string.Empty);

        Eventually.Hold("the container is removed without a session", () => debian.Session("Get-Container").Output.Trim().Length == 0);
    }

    [Fact]
    public void A_container_whose_monitor_was_killed_ends_and_says_so()
    {
        debian.Session("Invoke-Container -Detach -Name lost host -- sleep 1000");
        int first = int.Parse(debian.Session("(Get-Container lost).ProcessId").Output, CultureInfo.InvariantCulture);
        Signal(int.Parse(debian.Session("(Get-Container lost).MonitorProcessId").Output, CultureInfo.InvariantCulture), KillSignal);
        Eventually.Hold("its first process has ended", () => !Directory.Exists($"/proc/{first}"));

        ShellResult result = debian.Session("Get-Container lost | ForEach-Object { \"$($_.State) $($_.Reason) [$($_.ExitCode)]\" }; Remove-Container lost; @(Get-Container).Count");

        Assert.Equal(["Exited MonitorLost []", "0"], result.OutputLines);
    }

    [Fact]
    public void The_end_of_the_terminal_does_not_end_a_detached_container()
    {
        using Process session = debian.Start("Invoke-Container -Detach -Name kept host -- sleep 1000 | ForEach-Object Name; Start-Container kept; while ($true) { }");
        Assert.Equal("kept", session.StandardOutput.ReadLine());
        int monitor = int.Parse(debian.Session("(Get-Container kept).MonitorProcessId").Output, CultureInfo.InvariantCulture);

        // Of another session and in a cgroup of its own: neither a hang-up nor the end of a unit reaches it.
        Assert.Equal(monitor, SessionOf(monitor));
        foreach (string line in File.ReadAllLines($"/proc/{monitor}/cgroup").Where(l => !l.EndsWith(":/", StringComparison.Ordinal)))
        {
            Assert.Contains(DebianFixture.CgroupParent, line, StringComparison.Ordinal);
        }

        Signal(session.Id, HangUpSignal);
        ShellProcess.WaitForExit(session);
        Assert.Equal("Running", debian.Session("\"$((Get-Container kept).State)\"; Remove-Container kept -Force").Output.Trim());
    }

    private static int SessionOf(int pid)
    {
        string stat = File.ReadAllText($"/proc/{pid}/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[3], CultureInfo.InvariantCulture);
    }

    private static void Signal(int pid, int signal)
    {
        using var kill = Process.Start("/bin/kill", [$"-{signal}", "--", pid.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private void NeedsDebian()
    {
        if (!debian.HasDebian)
        {
            Assert.Skip("No Debian root file system: mmdebstrap is not installed.");
        }
    }
}
