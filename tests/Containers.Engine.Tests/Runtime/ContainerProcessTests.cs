using Containers.Engine.Cgroups;
using Containers.Engine.Processes;
using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Engine.Tests.Runtime;

/// <summary>The processes of containers, as the kernel shows them.</summary>
public sealed class ContainerProcessTests : IDisposable
{
    private readonly EngineFixture fixture = new();

    private ContainerEngine Engine => fixture.Engine;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void All_processes_are_listed_with_their_numbers_inside_and_outside()
    {
        ContainerSnapshot container = Start("sleep 1000 & sleep 1001 & wait", o => o with { User = "user" });
        IReadOnlyList<ContainerProcess> processes = Await(container, 3);

        ContainerProcess first = processes[0];
        Assert.Equal((container.ProcessId!.Value, (int?)1), (first.ProcessId, first.InnerProcessId));
        Assert.Equal((1000u, (string?)"user"), (first.UserId, first.UserName));
        Assert.Equal("sh -c sleep 1000 & sleep 1001 & wait", first.CommandLine);
        Assert.Equal(["sh", "-c", "sleep 1000 & sleep 1001 & wait"], first.Arguments);
        Assert.All(processes.Skip(1), child =>
        {
            Assert.Equal(first.ProcessId, child.ParentProcessId);
            Assert.InRange(child.InnerProcessId!.Value, 2, 100);
            Assert.Equal("sleep", child.Name);
        });
        Assert.All(processes, process =>
        {
            Assert.Equal(ProcessState.Sleeping, process.State);
            Assert.Equal(1, process.Threads);
            Assert.InRange(process.Memory, 4096, 100 << 20);
            Assert.InRange((container.StartedAt!.Value - process.StartedAt).Duration(), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        });
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void A_process_that_was_put_into_the_containers_cgroup_is_listed()
    {
        ContainerSnapshot container = Start("sleep 1000");
        using var outside = System.Diagnostics.Process.Start("sleep", "1002");
        try
        {
            using CgroupManager cgroups = CgroupManager.Detect(fixture.CgroupParent);
            using ContainerCgroup cgroup = cgroups.Open(container.Id)!;
            CgroupFolder folder = cgroup.UnifiedFolder ?? cgroup.FolderOf("freezer")!.Value;
            folder.Write("cgroup.procs", outside.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), "moving");

            ContainerProcess joined = Assert.Single(Engine.GetProcesses(container.Id), process => process.ProcessId == outside.Id);

            Assert.Null(joined.InnerProcessId);
            Assert.Equal("sleep 1002", joined.CommandLine);
        }
        finally
        {
            outside.Kill();
            outside.WaitForExit();
        }

        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void A_busy_process_shows_its_processor_time()
    {
        ContainerSnapshot container = Start("while :; do :; done");
        Assert.True(EngineFixture.Patiently(() => Engine.GetProcesses(container.Id) is [{ CpuTime.TotalMilliseconds: >= 200, CpuPercent: > 0.01 }]));
        ContainerProcess busy = Engine.GetProcesses(container.Id)[0];
        Assert.Equal(ProcessState.Running, busy.State);
        Assert.InRange(busy.CpuPercent, 0.1, 110);
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void Control_characters_of_a_command_line_are_shown_and_not_obeyed()
    {
        ContainerSnapshot container = Start("exec sleep \"$(printf '1000\\033[31m\\n\\342\\200\\256')\"");
        // busybox refuses such a number; the shell that waits instead keeps it as an argument.
        Engine.Wait(container.Id, TimeSpan.FromMinutes(1), Cancellation);
        Engine.Remove(container.Id, force: false, Cancellation);
        container = Start("exec sh -c 'sleep 1000; :' \"$(printf 'a\\033[31mb\\nc\\342\\200\\256d')\"");

        ContainerProcess process = Await(container, 2)[0];

        Assert.Equal(@"sh -c sleep 1000; : a\x1b[31mb\x0ac\xe2\x80\xaed", process.CommandLine);
        Assert.Equal("a\u001b[31mb\nc\u202ed", process.Arguments[^1]);
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Theory]
    [InlineData("ln -s /host-passwd /etc/passwd")]
    [InlineData("mknod /etc/passwd p")]
    [InlineData("mknod /etc/passwd c 1 5")]
    [InlineData("mkdir /etc/passwd")]
    [InlineData("head -c 2000000 /dev/zero >/etc/passwd")]
    public void A_passwd_file_that_is_no_small_regular_file_gives_no_names_and_no_harm(string make)
    {
        string root = fixture.MakeRoot("hostile");
        ContainerSnapshot container = Engine.Create(
            new ContainerOptions { RootFileSystem = root, Command = ["busybox", "sh", "-c", $"rm /etc/passwd; busybox {make}; exec busybox sleep 1000"] }, Cancellation);
        Engine.Start(container.Id, Cancellation);
        ContainerProcess process = default!;
        Assert.True(EngineFixture.Patiently(() => (process = Engine.GetProcesses(container.Id)[0]).CommandLine == "busybox sleep 1000"));

        // The names were read before the command line was, perhaps before the file was exchanged.
        process = Engine.GetProcesses(container.Id)[0];
        Assert.Equal((0u, null), (process.UserId, process.UserName));
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void Processes_that_come_and_go_are_no_error()
    {
        ContainerSnapshot container = Start("while :; do /bin/true; done");
        for (int i = 0; i < 200; i++)
        {
            Assert.Contains(Engine.GetProcesses(container.Id), process => process.InnerProcessId == 1);
        }

        Engine.Stop(container.Id, 9, TimeSpan.FromSeconds(10), Cancellation);
        Assert.Equal(EngineErrorReason.NotRunning, Assert.Throws<EngineException>(() => Engine.GetProcesses(container.Id)).Reason);
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    private IReadOnlyList<ContainerProcess> Await(ContainerSnapshot container, int count)
    {
        IReadOnlyList<ContainerProcess> found = [];
        Assert.True(EngineFixture.Patiently(() => (found = Engine.GetProcesses(container.Id)).Count == count && found.All(process => process.State == ProcessState.Sleeping)));
        return found;
    }

    private ContainerSnapshot Start(string script, Func<ContainerOptions, ContainerOptions>? change = null)
    {
        string root = Directory.Exists($"{fixture.Root}/rootfs") ? $"{fixture.Root}/rootfs" : fixture.MakeRoot();
        var options = new ContainerOptions { RootFileSystem = root, Command = ["sh", "-c", script] };
        ContainerSnapshot made = Engine.Create(change?.Invoke(options) ?? options, Cancellation);
        return Engine.Start(made.Id, Cancellation);
    }
}
