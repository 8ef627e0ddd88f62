using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Engine.Tests.Attacks;

/// <summary>What is seen of the host from inside: none of its mounts, its root, its namespaces, its sockets.</summary>
public sealed class HostViewTests : AttackTest
{
    private static readonly string[] OwnMounts = ["/proc", "/dev", "/sys"];

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void The_mounts_inside_are_the_container_s_own_and_the_old_root_is_gone()
    {
        string[] lines = Run("cat /proc/self/mountinfo").Good().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (string line in lines)
        {
            string point = line.Split(' ')[4];
            Assert.True(point == "/" || OwnMounts.Any(own => point == own || point.StartsWith(own + "/", StringComparison.Ordinal)), line);
            Assert.True(point == "/" || !line.Contains(Fixture.Root, StringComparison.Ordinal), line);
        }

        Assert.Single(lines, line => line.Split(' ')[4] == "/");
        Assert.NotEqual(0, Run($"cat /..{HostFolder}/secret").ExitCode);
        Assert.Equal("/\n/\n", Run("cd /..; pwd; cd ../../..; pwd").Good());
    }

    [Fact]
    public void Without_the_unmount_of_the_old_root_the_host_is_one_step_up()
    {
        RunResult result = RunEdited(Script($"cat /..{HostFolder}/secret"), plan => plan.LeaveOut("leaving the host's root"));
        Assert.Equal("secret of the host", result.Good());
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Every_namespace_is_another_than_the_host_s()
    {
        string[] kinds = ["mnt", "pid", "net", "uts", "ipc", "cgroup"];
        string[] inside = Run($"for n in {string.Join(' ', kinds)}; do readlink /proc/self/ns/$n; done").Good().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(kinds.Length, inside.Length);
        for (int i = 0; i < kinds.Length; i++)
        {
            Assert.StartsWith(kinds[i] + ":[", inside[i], StringComparison.Ordinal);
            Assert.NotEqual(Files.ReadLink(Files.CurrentFolder, $"/proc/self/ns/{kinds[i]}"), inside[i]);
        }
    }

    [Fact]
    public void The_image_of_the_host_hides_its_run_and_tmp_and_the_engine_s_own_folders()
    {
        ContainerOptions options = HostListing();
        Assert.Equal("/run:\n\n/tmp:\n" + $"\n{Fixture.RuntimeRoot}:\n\n{Fixture.StateRoot}:\n", Fixture.Run(options).Good());
        string open = RunEdited(options, plan => plan.LeaveOut("mounting an in-memory folder at")).Good();
        Assert.Contains("containers", open, StringComparison.Ordinal);
    }

    /// <summary>containerd CVE-2020-15257: an abstract socket is reachable from a container in the host's network namespace.</summary>
    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void None_of_the_engine_s_processes_has_an_abstract_socket__not_seen_to_succeed_without_it()
    {
        _ = Fixture.Run(Script("sleep 1") with { Network = NetworkMode.Host }, during: container =>
        {
            HashSet<string> own = [.. Sockets("self"), .. Sockets($"{container.MonitorProcessId}"), .. Sockets($"{container.ProcessId}")];
            Assert.NotEmpty(own);
            string[] abstractOnes = [.. File.ReadLines("/proc/net/unix").Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields.Length > 7 && fields[7].StartsWith('@') && own.Contains(fields[6])).Select(fields => fields[7])];
            Assert.Empty(abstractOnes);
        });
    }

    [Fact]
    public void The_engine_s_folders_are_closed_to_others__not_seen_to_succeed_without_it()
    {
        _ = Fixture.Run(Script("true"));
        foreach (string folder in (string[])[$"{Fixture.StateRoot}/containers", $"{Fixture.RuntimeRoot}/containers", $"{Fixture.RuntimeRoot}/root"])
        {
            Assert.Equal(Errno.None, Files.TryStat(Files.CurrentFolder, folder, follow: false, out FileStatus status));
            Assert.True((status.Mode & 0x3f) == 0, $"{folder} has the mode {Convert.ToString(status.Mode, 8)}");
        }
    }

    private ContainerOptions HostListing() => new()
    {
        Image = "host",
        Command = ["ls", "-A", "/run", "/tmp", Fixture.RuntimeRoot, Fixture.StateRoot],
    };

    private static IEnumerable<string> Sockets(string process) =>
        Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Select(path => Files.ReadLink(Files.CurrentFolder, path) ?? string.Empty)
            .Where(link => link.StartsWith("socket:[", StringComparison.Ordinal)).Select(link => link[8..^1]);
}
