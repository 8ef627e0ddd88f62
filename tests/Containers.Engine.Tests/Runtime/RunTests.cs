using System.Diagnostics;
using System.Security.Cryptography;
using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Runtime;

/// <summary>A container in the session's foreground: its streams, its end.</summary>
public sealed class RunTests : IDisposable
{
    private readonly EngineFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Output_and_error_come_apart_and_the_exit_code_with_them()
    {
        RunResult result = fixture.Shell(fixture.MakeRoot(), "echo out; echo err >&2; exit 42");
        Assert.Equal((42, "out\n", "err\n"), (result.ExitCode, result.Output, result.Error));
        Assert.Equal((ContainerState.Exited, StateReason.None), (result.Container.State, result.Container.Reason));
        Assert.True(result.Container.FinishedAt >= result.Container.StartedAt);
        Assert.Empty(fixture.Engine.List());
    }

    [Theory]
    [InlineData("true", 0)]
    [InlineData("false", 1)]
    [InlineData("exit 255", 255)]
    [InlineData("kill -9 $$", 0)]
    public void Exit_codes_pass(string script, int code) => Assert.Equal(code, fixture.Shell(fixture.MakeRoot(), script).ExitCode);

    [Fact]
    public void The_host_image_runs_the_machines_own_programs_and_keeps_what_they_write_to_itself()
    {
        string mark = $"/var/tmp/written-inside-{Guid.NewGuid():N}";
        RunResult result = fixture.Run(new ContainerOptions { Image = "host", Command = ["sh", "-c", $"echo hello > {mark} && cat {mark} && cat /proc/1/comm"] });
        Assert.Equal("hello\nsh\n", result.Good());
        Assert.False(File.Exists(mark));
    }

    [Fact]
    [Trait("Kernel", "CgroupV2")]
    public void Standard_input_is_fed_and_ends()
    {
        RunResult result = fixture.Run(new ContainerOptions { RootFileSystem = fixture.MakeRoot(), Command = ["cat"] }, "one\ntwo"u8.ToArray());
        Assert.Equal("one\ntwo", result.Good());
    }

    [Fact]
    public void Without_input_a_container_reads_the_end_at_once() =>
        Assert.Equal("0\n", fixture.Shell(fixture.MakeRoot(), "cat | wc -c").Good());

    [Fact]
    public async Task Ten_megabytes_pass_in_both_directions_unchanged()
    {
        byte[] data = RandomNumberGenerator.GetBytes(10 * 1024 * 1024);
        using ForegroundProcess container = fixture.Engine.Run(
            new ContainerOptions { RootFileSystem = fixture.MakeRoot(), Command = ["cat"], RemoveOnExit = true }, withInput: true, TestContext.Current.CancellationToken);
        var writer = Task.Run(
            () =>
            {
                container.StandardInput!.Write(data);
                container.StandardInput.Dispose();
            },
            TestContext.Current.CancellationToken);
        using var back = new MemoryStream();
        await container.StandardOutput.CopyToAsync(back, TestContext.Current.CancellationToken);
        await writer;
        Assert.Equal(0, container.WaitForExit(TestContext.Current.CancellationToken).ExitCode);
        Assert.Equal(SHA256.HashData(data), SHA256.HashData(back.ToArray()));
    }

    [Fact]
    public void A_reader_that_stops_slows_the_container_and_loses_nothing()
    {
        string root = fixture.MakeRoot(), shared = fixture.MakeFolder("shared");
        using ForegroundProcess container = fixture.Engine.Run(
            new ContainerOptions
            {
                RootFileSystem = root,
                Volumes = [new BindMount(shared, "/shared", false)],
                Command = ["sh", "-c", "i=0; while [ $i -lt 64 ]; do head -c 16384 /dev/zero; i=$((i+1)); echo $i > /shared/written; done; echo done > /shared/done"],
                RemoveOnExit = true,
            },
            withInput: false, TestContext.Current.CancellationToken);

        // A megabyte does not fit into two pipes and a buffer: the container must come to a halt before its end.
        string? before = null;
        Assert.True(EngineFixture.Patiently(() =>
        {
            string? now = File.Exists($"{shared}/written") ? File.ReadAllText($"{shared}/written") : null;
            bool isHalted = now is { Length: > 0 } && now == before && SleepsInPipe(container.Container!.ProcessId!.Value);
            before = now;
            return isHalted;
        }));
        Assert.False(File.Exists($"{shared}/done"));
        using var all = new MemoryStream();
        container.StandardOutput.CopyTo(all);
        Assert.Equal(0, container.WaitForExit(TestContext.Current.CancellationToken).ExitCode);
        Assert.Equal(64 * 16384, all.Length);
    }

    [Fact]
    public void A_reader_that_closes_early_neither_ends_nor_blocks_the_container()
    {
        string root = fixture.MakeRoot(), shared = fixture.MakeFolder("shared");
        using ForegroundProcess container = fixture.Engine.Run(
            new ContainerOptions
            {
                RootFileSystem = root,
                Volumes = [new BindMount(shared, "/shared", false)],
                Command = ["sh", "-c", "head -c 2000000 /dev/zero && echo $? > /shared/done; exit 5"],
                RemoveOnExit = true,
            },
            withInput: false, TestContext.Current.CancellationToken);
        container.StandardOutput.Dispose();
        container.StandardError!.Dispose();
        Assert.Equal(5, container.WaitForExit(TestContext.Current.CancellationToken).ExitCode);
        Assert.Equal("0\n", File.ReadAllText($"{shared}/done"));
    }

    [Theory]
    [InlineData(9, 137)]
    [InlineData(15, 143)]
    [InlineData(2, 130)]
    [Trait("Kernel", "CgroupV2")]
    public void A_signal_ends_the_first_process_and_is_told(int signal, int code)
    {
        using ForegroundProcess container = Loop(fixture.MakeRoot(), $"trap 'trap - TERM INT; exit {code}' TERM INT; echo ready; while :; do sleep 0.05; done");
        Assert.Equal((int)'r', container.StandardOutput.ReadByte());
        container.Signal(signal);
        ProcessEnd ended = container.WaitForExit(TestContext.Current.CancellationToken);
        Assert.Equal(code, ended.ExitCode);
        Assert.Equal(signal == 9 ? 9 : null, ended.Signal);
        container.Signal(15);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(12)]
    [InlineData(1)]
    public void A_signal_reaches_a_handler(int signal)
    {
        using ForegroundProcess container = Loop(fixture.MakeRoot(), $"trap 'exit 7' {signal}; echo ready; while :; do sleep 0.05; done");
        Assert.Equal((int)'r', container.StandardOutput.ReadByte());
        fixture.Engine.Signal(container.Container!.Id, signal);
        Assert.Equal(7, container.WaitForExit(TestContext.Current.CancellationToken).ExitCode);
    }

    [Theory]
    [InlineData("no-such-command", EngineErrorReason.CommandNotFound)]
    [InlineData("/bin/no-such-command", EngineErrorReason.CommandNotFound)]
    [InlineData("/missing-interpreter", EngineErrorReason.CommandNotFound)]
    [InlineData("/plain", EngineErrorReason.CommandNotExecutable)]
    [InlineData("/not-a-program", EngineErrorReason.CommandNotExecutable)]
    [InlineData("/etc", EngineErrorReason.CommandNotExecutable)]
    [Trait("Kernel", "CgroupV2")]
    public void A_command_that_cannot_be_executed_is_told_from_one_that_is_not_there(string command, EngineErrorReason reason)
    {
        string root = fixture.MakeRoot();
        File.WriteAllText($"{root}/plain", "#!/bin/sh\n");
        WriteExecutable($"{root}/not-a-program", "no magic number");
        WriteExecutable($"{root}/missing-interpreter", "#!/no/such/interpreter\n");
        EngineException e = Assert.Throws<EngineException>(() => fixture.Run(new ContainerOptions { RootFileSystem = root, Command = [command] }));
        Assert.Equal(reason, e.Reason);
        Assert.Contains($"'{command}'", e.Message, StringComparison.Ordinal);
        Assert.Empty(fixture.Engine.List());
    }

    [Fact]
    public void With_init_orphans_are_reaped_and_the_exit_code_passes()
    {
        string root = fixture.MakeRoot();
        RunResult result = fixture.Run(new ContainerOptions
        {
            RootFileSystem = root,
            Init = true,
            Command = ["sh", "-c", "for i in 1 2 3 4 5; do (true & true) & done; wait; i=0; while grep -qs 'State:.Z' /proc/[0-9]*/status; do i=$((i+1)); [ $i -gt 100 ] && exit 9; sleep 0.05; done; cat /proc/1/comm; exit 33"],
        });
        Assert.Equal(33, result.ExitCode);
        Assert.NotEqual("sh\n", result.Output);
    }

    [Fact]
    public void Without_init_orphans_are_left_to_the_command()
    {
        // The command never waits for a child it did not make itself.
        RunResult result = fixture.Run(new ContainerOptions
        {
            RootFileSystem = fixture.MakeRoot(),
            Command = ["sh", "-c", "sh -c 'sleep 0.1 & exec true'; exec sleep 1"],
        });
        Assert.Equal(0, result.ExitCode);
    }

    [Theory]
    [InlineData(15, "trap 'exit 3' TERM", 3)]
    [InlineData(12, "trap 'exit 4' USR2", 4)]
    [InlineData(15, "true", 143)]
    public void Init_passes_signals_on_and_ends_as_the_command_did(int signal, string handler, int code)
    {
        using ForegroundProcess container = fixture.Engine.Run(
            new ContainerOptions { RootFileSystem = fixture.MakeRoot(), Init = true, RemoveOnExit = true, Command = ["sh", "-c", $"{handler}; echo ready; while :; do sleep 0.05; done"] },
            withInput: false, TestContext.Current.CancellationToken);
        Assert.Equal((int)'r', container.StandardOutput.ReadByte());
        container.Signal(signal);
        Assert.Equal(code, container.WaitForExit(TestContext.Current.CancellationToken).ExitCode);
    }

    [Fact]
    public void With_init_a_command_that_is_not_there_is_still_told()
    {
        EngineException e = Assert.Throws<EngineException>(
            () => fixture.Run(new ContainerOptions { RootFileSystem = fixture.MakeRoot(), Init = true, Command = ["no-such-command"] }));
        Assert.Equal(EngineErrorReason.CommandNotFound, e.Reason);
    }

    [Fact]
    public void A_cancelled_wait_leaves_the_container_running()
    {
        using ForegroundProcess container = Loop(fixture.MakeRoot(), "while :; do sleep 0.05; done");
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        var watch = Stopwatch.StartNew();
        Assert.ThrowsAny<OperationCanceledException>(() => container.WaitForExit(soon.Token));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20));
        Assert.Equal(ContainerState.Running, fixture.Engine.Get(container.Container!.Id).State);
        container.Signal(9);
        Assert.Equal(137, container.WaitForExit(TestContext.Current.CancellationToken).ExitCode);
    }

    private ForegroundProcess Loop(string root, string script) => fixture.Engine.Run(
        new ContainerOptions { RootFileSystem = root, Command = ["sh", "-c", script], RemoveOnExit = true }, withInput: false, TestContext.Current.CancellationToken);

    private static void WriteExecutable(string path, string text)
    {
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, (UnixFileMode)0x1ED);
    }

    /// <summary>Whether a process of the container waits for room in a pipe.</summary>
    private static bool SleepsInPipe(int first) =>
        File.ReadAllText($"/proc/{first}/task/{first}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Append($"{first}")
            .Any(pid => File.Exists($"/proc/{pid}/wchan") && File.ReadAllText($"/proc/{pid}/stat").Split(") ")[^1][0] == 'S');
}
