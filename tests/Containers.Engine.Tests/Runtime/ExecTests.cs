using System.Collections.Concurrent;
using Containers.Engine.Cgroups;
using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Further commands in a running container.</summary>
public sealed class ExecTests : IDisposable
{
    private readonly EngineFixture fixture = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        fixture.RemoveContainers();
        fixture.Dispose();
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void A_command_has_input_output_error_and_an_exit_code()
    {
        string id = Started();
        RunResult result = Execute(id, new ExecOptions { Command = ["sh", "-c", "tr a-z A-Z; echo err >&2; exit 42"] }, "hello"u8.ToArray());
        Assert.Equal((42, "HELLO", "err\n"), (result.ExitCode, result.Output, result.Error));
        Assert.Equal(ContainerState.Running, fixture.Engine.Get(id).State);
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void It_is_in_the_namespaces_and_the_cgroup_of_the_first_process()
    {
        string id = Started();
        const string script = "for n in mnt pid net uts ipc cgroup user; do readlink /proc/self/ns/$n; done; cat /proc/self/cgroup";
        string inside = Script(id, script).Good();
        int first = fixture.Engine.Get(id).ProcessId!.Value;
        string[] namespaces = [.. new[] { "mnt", "pid", "net", "uts", "ipc", "cgroup", "user" }.Select(n => File.ResolveLinkTarget($"/proc/{first}/ns/{n}", false)!.Name)];
        string[] lines = inside.TrimEnd().Split('\n');
        Assert.Equal(namespaces, lines[..7]);

        // The roots of the container's own cgroup namespace: the container's own cgroups.
        Assert.All(lines[7..], line => Assert.EndsWith(":/", line, StringComparison.Ordinal));
        Assert.Equal(CgroupsOf(first), CgroupsOfACommand(id));
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void It_has_the_rights_of_the_first_process_and_no_more()
    {
        string id = Started();
        string Rights(string process) => Execute(id, new ExecOptions { Command = ["grep", "-E", "Cap|NoNewPrivs|Seccomp:|Uid|Groups|Sig[IB]", $"/proc/{process}/status"] }).Good();
        Assert.Equal(Rights("1"), Rights("self"));
        Assert.Equal("0\n1\n2\n3\n", Script(id, "ls /proc/self/fd").Good());
        Assert.Equal("0022\n", Script(id, "umask").Good());
    }

    /// <summary>While a container is started, its first process still has the machine's root: what joined it then would be let out.</summary>
    [Fact]
    public async Task Nothing_joins_or_looks_into_a_container_before_it_executes_its_command()
    {
        string id = Started();
        string record = $"{fixture.StateRoot}/containers/{id}/running.json";
        string launched = await File.ReadAllTextAsync(record, Cancellation);
        Assert.EndsWith(",\"launched\":1}", launched, StringComparison.Ordinal);
        await File.WriteAllTextAsync(record, launched.Replace("\"launched\":1", "\"launched\":0", StringComparison.Ordinal), Cancellation);
        using (var impatience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200)))
        {
            Assert.ThrowsAny<OperationCanceledException>(() => fixture.Engine.Execute(id, new ExecOptions { Command = ["true"] }, withInput: false, impatience.Token));
        }

        var sharing = new ContainerOptions { RootFileSystem = fixture.MakeRoot("sharing"), Command = ["true"], IpcNamespace = new NamespaceOwner(id) };
        using (var impatience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200)))
        {
            Assert.ThrowsAny<OperationCanceledException>(() => fixture.Engine.Run(sharing, withInput: false, impatience.Token));
        }

        Assert.All(fixture.Engine.GetProcesses(id), process => Assert.Null(process.UserName));
        Task<RunResult> waiting = Task.Run(() => Script(id, "echo inside"), Cancellation);
        await Task.Delay(200, Cancellation);
        Assert.False(waiting.IsCompleted);
        await File.WriteAllTextAsync(record, launched, Cancellation);
        Assert.Equal("inside\n", (await waiting).Good());
    }

    [Fact]
    public void A_privileged_one_has_every_capability_but_keeps_the_filter()
    {
        string id = Started();
        RunResult result = Execute(id, new ExecOptions { Command = ["grep", "-E", "CapEff|Seccomp:", "/proc/self/status"], Privileged = true });
        string all = File.ReadAllLines("/proc/1/status").First(line => line.StartsWith("CapBnd", StringComparison.Ordinal)).Split('\t')[1];
        Assert.Equal($"CapEff:\t{all}\nSeccomp:\t2\n", result.Good());
    }

    [Fact]
    public void User_folder_and_variables_are_the_containers_or_those_that_are_asked_for()
    {
        string id = Started(new ContainerOptions { Environment = new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" }, WorkingDirectory = "/tmp" });
        const string script = "echo $A $B $C $HOME; pwd; id -u; id -G";
        Assert.Equal("1 2 /root\n/tmp\n0\n0\n", Script(id, script).Good());
        RunResult other = Execute(id, new ExecOptions
        {
            Command = ["sh", "-c", script],
            User = "user",
            WorkingDirectory = "/etc",
            Environment = new Dictionary<string, string> { ["B"] = "two", ["C"] = "3" },
        });
        Assert.Equal("1 two 3 /home/user\n/etc\n1000\n1000 2000\n", other.Good());
    }

    [Fact]
    public void It_sees_what_the_first_process_has_mounted()
    {
        string source = fixture.MakeFolder("source");
        File.WriteAllText($"{source}/file", "shown");
        string id = Started(new ContainerOptions { Volumes = [new BindMount(source, "/data", ReadOnly: true)] });
        Assert.Equal("shown", Script(id, "cat /data/file").Good());
        Assert.NotEqual(0, Script(id, "echo x >/data/file").ExitCode);
    }

    [Theory]
    [InlineData("nosuch", EngineErrorReason.CommandNotFound)]
    [InlineData("/etc/passwd", EngineErrorReason.CommandNotExecutable)]
    public void What_cannot_be_executed_is_told(string command, EngineErrorReason reason)
    {
        string id = Started();
        EngineException error = Assert.Throws<EngineException>(() => Execute(id, new ExecOptions { Command = [command] }));
        Assert.Equal(reason, error.Reason);
        Assert.Contains(command, error.Message, StringComparison.Ordinal);
        Assert.Equal("fine\n", Script(id, "echo fine").Good());
    }

    [Fact]
    public void A_folder_that_is_not_there_is_not_made()
    {
        string id = Started();
        EngineException error = Assert.Throws<EngineException>(() => Execute(id, new ExecOptions { Command = ["true"], WorkingDirectory = "/nosuch" }));
        Assert.Equal(EngineErrorReason.LaunchFailed, error.Reason);
        Assert.Contains("working directory '/nosuch'", error.Message, StringComparison.Ordinal);
        Assert.NotEqual(0, Script(id, "test -e /nosuch").ExitCode);
    }

    [Fact]
    public void One_that_does_not_run_is_refused()
    {
        string id = fixture.Engine.Create(new ContainerOptions { RootFileSystem = fixture.MakeRoot(), Command = ["sleep", "1000"] }, Cancellation).Id;
        Assert.Equal(EngineErrorReason.NotRunning, Assert.Throws<EngineException>(() => Script(id, "true")).Reason);
        fixture.Engine.Start(id, Cancellation);
        Script(id, "true").Good();
        fixture.Engine.Stop(id, 9, TimeSpan.FromSeconds(5), Cancellation);
        Assert.Equal(EngineErrorReason.NotRunning, Assert.Throws<EngineException>(() => Script(id, "true")).Reason);
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void One_that_is_paused_is_refused()
    {
        string id = Started();
        using CgroupManager manager = CgroupManager.Detect(fixture.CgroupParent);
        using ContainerCgroup cgroup = manager.Open(id)!;
        cgroup.Freeze();
        try
        {
            EngineException error = Assert.Throws<EngineException>(() => Script(id, "true"));
            Assert.Equal(EngineErrorReason.Busy, error.Reason);
            Assert.Contains("paused", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            cgroup.Thaw();
        }

        Script(id, "true").Good();
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void It_ends_with_the_container_and_leaves_nothing()
    {
        string id = Started();
        using ForegroundProcess command = fixture.Engine.Execute(id, new ExecOptions { Command = ["sleep", "1000"] }, withInput: false, Cancellation);
        fixture.Engine.Stop(id, 9, TimeSpan.FromSeconds(5), Cancellation);
        ProcessEnd end = command.WaitForExit(Cancellation);
        Assert.Equal((137, 9), (end.ExitCode, end.Signal));
        Assert.Equal(ContainerState.Exited, fixture.Engine.Get(id).State);
    }

    [Fact]
    public void One_that_is_left_alone_outlives_its_session_and_not_the_container()
    {
        string id = Started();
        using (ContainerEngine session = fixture.OpenAnother())
        {
            int pid = session.ExecuteDetached(id, new ExecOptions { Command = ["sh", "-c", "sleep 0.3; echo done >/tmp/done; exec sleep 1000"] }, Cancellation);
            Assert.True(Directory.Exists($"/proc/{pid}"));
        }

        Assert.True(EngineFixture.Patiently(() => Script(id, "cat /tmp/done").Output == "done\n"));
        fixture.Engine.Remove(id, force: true, Cancellation);
        Assert.True(EngineFixture.Patiently(() => fixture.Leftovers().Length == 0), string.Join("; ", fixture.Leftovers()));
    }

    [Fact]
    public void A_signal_reaches_the_command_alone()
    {
        string id = Started();
        using ForegroundProcess command = fixture.Engine.Execute(id, new ExecOptions { Command = ["sleep", "1000"] }, withInput: false, Cancellation);
        command.Signal(15);
        ProcessEnd end = command.WaitForExit(Cancellation);
        Assert.Equal((143, 15), (end.ExitCode, end.Signal));
        Assert.Equal(ContainerState.Running, fixture.Engine.Get(id).State);
    }

    [Fact]
    public void With_an_init_the_command_is_beside_it()
    {
        string id = Started(new ContainerOptions { Init = true });
        Assert.NotEqual("1\n", Script(id, "echo $$").Good());
        Script(id, "kill -0 1").Good();
    }

    [Fact]
    public void A_hundred_at_once_end_well()
    {
        string id = Started();
        var codes = new ConcurrentBag<string>();
        _ = Parallel.For(0, 100, new ParallelOptions { MaxDegreeOfParallelism = 25 }, i => codes.Add(Script(id, $"echo {i}").Good()));
        Assert.Equal(100, codes.Distinct().Count());
        Assert.True(EngineFixture.Patiently(() => Script(id, "ls -d /proc/[0-9]* | wc -l").Good() == "3\n"));
    }

    private string Started(ContainerOptions? options = null) => fixture.Engine.Start(
        fixture.Engine.Create(
            (options ?? new ContainerOptions()) with { RootFileSystem = fixture.MakeRoot($"root-{Guid.NewGuid():N}"), Command = ["sleep", "1000"] }, Cancellation).Id,
        Cancellation).Id;

    private static string[] CgroupsOf(int pid) => File.ReadAllLines($"/proc/{pid}/cgroup");

    /// <summary>The cgroups of a command in the container, as the machine sees them.</summary>
    private string[] CgroupsOfACommand(string id)
    {
        using ForegroundProcess command = fixture.Engine.Execute(id, new ExecOptions { Command = ["sh", "-c", "read line; true"] }, withInput: true, Cancellation);
        int first = fixture.Engine.Get(id).ProcessId!.Value;
        string pidNamespace = File.ResolveLinkTarget($"/proc/{first}/ns/pid", false)!.Name;
        int pid = Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out int number) && number != first)
            .Select(int.Parse!).Single(number => IsIn(number, pidNamespace));
        string[] cgroups = CgroupsOf(pid);
        EngineFixture.Finish(command, []).Good();
        return cgroups;
    }

    private static bool IsIn(int pid, string pidNamespace)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/{pid}/ns/pid", false)?.Name == pidNamespace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private RunResult Script(string id, string script) => Execute(id, new ExecOptions { Command = ["sh", "-c", script] });

    private RunResult Execute(string id, ExecOptions options, byte[]? input = null)
    {
        using ForegroundProcess command = fixture.Engine.Execute(id, options, input is not null, Cancellation);
        return EngineFixture.Finish(command, input);
    }
}
