using Containers.Engine.Runtime.Launch;
using System.Globalization;
using System.Runtime.InteropServices;
using Containers.Engine.Runtime;
using Containers.Init.Plan;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Tests.Attacks;

/// <summary>runc CVE-2016-9962 and CVE-2024-21626: a descriptor of the host's leads out of the container.</summary>
public sealed partial class DescriptorTests : AttackTest
{
    private const int Leaks = 50;
    private readonly List<int> leaked = [];

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void No_descriptor_that_the_session_leaks_reaches_the_container_or_its_monitor()
    {
        Leak(Leaks);
        RunResult result = Fixture.Run(Script("ls /proc/self/fd; sleep 1"), during: container =>
        {
            string[] open = [.. Directory.EnumerateFileSystemEntries($"/proc/{container.MonitorProcessId}/fd").Select(path => Files.ReadLink(Files.CurrentFolder, path) ?? string.Empty)];
            Assert.DoesNotContain(HostFolder, open);
            Assert.All(open, target => Assert.True(
                target is "/dev/null" || target.Contains(":[", StringComparison.Ordinal) || target.StartsWith("anon_inode:", StringComparison.Ordinal)
                    || target.StartsWith("/sys/fs/cgroup/", StringComparison.Ordinal) || target.StartsWith(Fixture.Root, StringComparison.Ordinal)
                    || target.EndsWith("/containers", StringComparison.Ordinal),
                target));
        });

        // ls opens the folder itself, as the first free number.
        Assert.Equal("0\n1\n2\n3\n", result.Good());
    }

    [Fact]
    public void Without_the_closing_of_descriptors_a_leaked_one_leads_to_the_host()
    {
        Leak(1);
        RunResult result = RunEdited(Script($"cat /proc/self/fd/{leaked[0]}/secret"), plan =>
        {
            plan.LeaveOut("closing every other descriptor");
            plan.Keep(leaked[0]);
        });
        Assert.Equal("secret of the host", result.Good());
    }

    [Fact]
    public void A_working_directory_by_way_of_a_descriptor_is_refused()
    {
        Leak(1);
        File.CreateSymbolicLink($"{Image}/work", "/proc/self/fd/" + leaked[0].ToString(CultureInfo.InvariantCulture));
        Assert.Contains("working directory", Refused(Options("pwd") with { WorkingDirectory = "/work" }), StringComparison.Ordinal);
        for (int number = 0; number < 64; number++)
        {
            string folder = $"/proc/self/fd/{number}";
            Assert.Contains("working directory", Refused(Options("pwd") with { WorkingDirectory = folder }), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Without_the_resolution_and_the_check_the_working_directory_is_one_of_the_host()
    {
        Leak(1);
        ContainerOptions options = Script("cat secret") with { WorkingDirectory = $"/proc/self/fd/{leaked[0]}" };
        RunResult result = RunEdited(options, plan =>
        {
            plan.Keep(leaked[0]);
            EnterByPath(plan, options.WorkingDirectory!);
            plan.LeaveOut("checking that the working directory");
        });
        Assert.Equal("secret of the host", result.Good());

        // Each of the two defences stands by itself.
        EngineException error = Assert.Throws<EngineException>(() => RunEdited(options, plan =>
        {
            plan.Keep(leaked[0]);
            EnterByPath(plan, options.WorkingDirectory!);
        }));
        Assert.Contains("working directory", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<EngineException>(() => RunEdited(options, plan =>
        {
            plan.Keep(leaked[0]);
            plan.LeaveOut("checking that the working directory");
        }));
        Assert.Contains("making the working directory", error.Message, StringComparison.Ordinal);
    }

    protected override void Dispose(bool disposing)
    {
        foreach (int descriptor in leaked)
        {
            _ = close(descriptor);
        }

        base.Dispose(disposing);
    }

    /// <summary>Opens the host's folder without O_CLOEXEC, as a careless library of the session would.</summary>
    private static void EnterByPath(PlanEdit plan, string path)
    {
        plan.LeaveOut("making the working directory");
        PlanArgument text = plan.Add(path);
        PlanEdit.Replace(ref plan.Step("entering the working directory"), Containers.Init.SysNr.Chdir, text);
    }

    private void Leak(int count)
    {
        for (int i = 0; i < count; i++)
        {
            int descriptor = open(HostFolder, LibC.O_RDONLY | LibC.O_DIRECTORY);
            Assert.True(descriptor > 2);
            leaked.Add(descriptor);
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
