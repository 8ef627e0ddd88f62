using System.Diagnostics;
using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Containers whose state lies on a disk that is full when they end: how they ended is known all the same, and they go on once there is room.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly RestartFixture fixture = new();

    public FullDiskTests()
    {
        if (Environment.IsPrivilegedProcess)
        {
            Run("mount", "-t", "tmpfs", "-o", "size=1m", "none", fixture.Fixture.MakeFolder("state"));
        }
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Filler => $"{fixture.Fixture.StateRoot}/filler";

    public void Dispose()
    {
        if (Environment.IsPrivilegedProcess)
        {
            MakeRoom();
            fixture.Fixture.RemoveContainers();
            Run("umount", "-l", fixture.Fixture.StateRoot);
        }

        fixture.Dispose();
    }

    [Fact]
    public void How_it_ended_is_known()
    {
        ContainerSnapshot container = fixture.Start("no", "echo >> /shared/lives; while [ ! -e /shared/go ]; do sleep 0.02; done; exit 7");
        RestartFixture.Await(() => fixture.Lives == 1, "it does not run");
        Fill();
        File.WriteAllText($"{fixture.Shared}/go", string.Empty);
        ContainerSnapshot ended = fixture.Engine.Wait(container.Id, TimeSpan.FromSeconds(20), Cancellation);
        Assert.Equal((ContainerState.Exited, 7, StateReason.None), (ended.State, ended.ExitCode, ended.Reason));
        Assert.NotNull(ended.FinishedAt);
        Assert.False(fixture.IsThere(container.Id, "exit.json"));

        // The next life's end is its own.
        MakeRoom();
        File.Delete($"{fixture.Shared}/go");
        fixture.Engine.Start(container.Id, Cancellation);
        Assert.Equal(ContainerState.Running, fixture.Engine.Get(container.Id).State);
        Assert.Equal(137, fixture.Engine.Stop(container.Id, 9, TimeSpan.FromSeconds(20), Cancellation).ExitCode);
        Assert.True(fixture.IsThere(container.Id, "exit.json"));
        fixture.Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void It_can_be_removed()
    {
        ContainerSnapshot container = fixture.Start("no", "echo >> /shared/lives; while [ ! -e /shared/go ]; do sleep 0.02; done");
        RestartFixture.Await(() => fixture.Lives == 1, "it does not run");
        Fill();
        File.WriteAllText($"{fixture.Shared}/go", string.Empty);
        Assert.Equal(0, fixture.Engine.Wait(container.Id, TimeSpan.FromSeconds(20), Cancellation).ExitCode);
        fixture.Engine.Remove(container.Id, force: false, Cancellation);
    }

    [Fact]
    public void Its_restart_policy_holds_once_there_is_room()
    {
        ContainerSnapshot container = fixture.Start("on-failure", "echo >> /shared/lives; while [ ! -e /shared/go ]; do sleep 0.02; done; exit 1");
        RestartFixture.Await(() => fixture.Lives == 1, "it does not run");
        Fill();
        File.WriteAllText($"{fixture.Shared}/go", string.Empty);
        RestartFixture.Await(() => fixture.Engine.Get(container.Id).State != ContainerState.Running, "it does not end");
        File.Delete($"{fixture.Shared}/go");
        MakeRoom();
        RestartFixture.Await(() => fixture.Lives == 2, "it is not started again");
        fixture.Engine.Stop(container.Id, 9, TimeSpan.Zero, Cancellation);
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private void Fill()
    {
        // Down to the last byte: a record is short.
        using var stream = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (int size in (int[])[65536, 4096, 512, 1])
        {
            try
            {
                while (true)
                {
                    stream.Write(new byte[size]);
                }
            }
            catch (IOException)
            {
                // With that size there is no more room.
            }
        }
    }

    private void MakeRoom() => File.Delete(Filler);
}
