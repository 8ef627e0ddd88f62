using Containers.Engine.Runtime;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Ends that are out of the ordinary: told truthfully, and nothing is left of them.</summary>
public sealed class EndTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private readonly EngineFixture fixture = new();

    private ContainerEngine Engine => fixture.Engine;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public void A_process_elsewhere_that_holds_the_output_open_does_not_hide_the_end()
    {
        ContainerSnapshot container = Start("sleep 1000");
        using FileDescriptor held = Files.Open(Files.CurrentFolder, $"/proc/{container.ProcessId}/fd/1", LibC.O_WRONLY);

        ContainerSnapshot ended = Engine.Stop(container.Id, signal: 9, Long, Cancellation);

        Assert.Equal((ContainerState.Exited, 137), (ended.State, ended.ExitCode));
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void A_monitor_does_not_stay_in_the_folder_of_its_session()
    {
        ContainerSnapshot container = Start("sleep 1000");

        Assert.Equal("/", Files.ReadLink(Files.CurrentFolder, $"/proc/{container.MonitorProcessId}/cwd"));
        Engine.Remove(container.Id, force: true, Cancellation);
    }

    [Fact]
    public void A_first_process_that_dies_before_its_command_is_a_failed_start()
    {
        var options = new ContainerOptions
        {
            RootFileSystem = fixture.MakeRoot(), Command = ["true"], Init = true, RemoveOnExit = true, Limits = new ResourceLimits { PidsLimit = 1 },
        };

        EngineException failure = Assert.Throws<EngineException>(() => Engine.Run(options, withInput: false, Cancellation));

        Assert.Equal((EngineErrorReason.LaunchFailed, Errno.EAGAIN), (failure.Reason, failure.Errno));
        Assert.Empty(Engine.List());
    }

    [Theory]
    [InlineData("exit.json", ContainerState.Exited, StateReason.MonitorLost)]
    [InlineData("running.json", ContainerState.Exited, StateReason.None)]
    public void A_record_emptied_by_a_loss_of_power_costs_what_it_told_and_no_more(string record, ContainerState state, StateReason reason)
    {
        ContainerSnapshot container = Start("exit 3");
        _ = Engine.Wait(container.Id, Long, Cancellation);
        RunningRecord running = System.Text.Json.JsonSerializer.Deserialize(
            File.ReadAllText($"{fixture.StateRoot}/containers/{container.Id}/running.json"), ContainerJson.Default.RunningRecord)!;
        Assert.True(EngineFixture.Patiently(() => !ContainerObserver.Monitor(running).IsAlive), "the monitor stays");
        File.WriteAllText($"{fixture.StateRoot}/containers/{container.Id}/{record}", string.Empty);

        ContainerSnapshot seen = Engine.Get(container.Id);

        Assert.Equal((state, reason), (seen.State, seen.Reason));
        Engine.Start(container.Id, Cancellation);
        Assert.Equal(3, Engine.Wait(container.Id, Long, Cancellation).ExitCode);
        Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void A_container_that_goes_at_its_end_can_be_started_again_after_a_start_that_failed()
    {
        ContainerSnapshot made = Engine.Create(new ContainerOptions { Image = "host", Command = ["/tmp/none"], RemoveOnExit = true }, Cancellation);

        for (int attempt = 0; attempt < 2; attempt++)
        {
            Assert.Equal(EngineErrorReason.CommandNotFound, Assert.Throws<EngineException>(() => Engine.Start(made.Id, Cancellation)).Reason);
        }

        Engine.Remove(made.Id, force: false, Cancellation);
    }

    [Fact]
    public void A_container_started_anew_right_after_its_end_is_seen_running()
    {
        ContainerSnapshot container = Start("sleep 1000");
        for (int life = 0; life < 10; life++)
        {
            _ = Engine.Stop(container.Id, signal: 9, Long, Cancellation);
            Assert.Equal(ContainerState.Running, Engine.Start(container.Id, Cancellation).State);
            Assert.Equal(ContainerState.Running, Engine.Get(container.Id).State);
        }

        Engine.Remove(container.Id, force: true, Cancellation);
    }

    private ContainerSnapshot Start(string script)
    {
        string root = Directory.Exists($"{fixture.Root}/rootfs") ? $"{fixture.Root}/rootfs" : fixture.MakeRoot();
        var options = new ContainerOptions { RootFileSystem = root, Command = ["sh", "-c", script] };
        return Engine.Start(Engine.Create(options, Cancellation).Id, Cancellation);
    }
}
