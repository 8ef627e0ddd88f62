using System.Diagnostics;

namespace Containers.Module.Tests.EndToEnd;

public sealed class LookingTests : IDisposable
{
    private readonly EngineSessionFixture _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void Processes_are_objects_with_their_container()
    {
        _engine.Run("New-Container host -Name look -- sh -c 'sleep 1000; true' | Start-Container; New-Container host -Name created -- true");

        var processes = _engine.Run("for ($i = 0; $i -lt 100 -and @($p = Get-ContainerProcess look).Count -lt 2; $i++) { [Threading.Thread]::Sleep(50) }; $p").Output
            .Select(o => Assert.IsType<ContainerProcess>(o.BaseObject)).ToList();

        Assert.Equal(["look", "look"], processes.Select(process => process.ContainerName));
        Assert.Equal((1, "root", "sh -c sleep 1000; true"), (processes[0].InnerProcessId, processes[0].UserName, processes[0].CommandLine));
        Assert.Equal(["look", "look"], _engine.Run("Get-ContainerProcess look | Get-Container").Lines);
        Assert.Equal(2, _engine.Run("Get-ContainerProcess").Output.Count);
        Assert.Equal(2, _engine.Run("Top-Container *").Output.Count);
        var refused = _engine.Session.Run("Get-ContainerProcess created, look");
        Assert.Equal(2, refused.Output.Count);
        Assert.Equal("ContainerNotRunning,Containers.Commands.GetContainerProcessCommand", Assert.Single(refused.Errors).FullyQualifiedErrorId);
    }

    [Fact]
    public void Usage_is_measured_once_or_until_the_container_has_ended()
    {
        _engine.Run("New-Container host -Name busy -Memory 64mb -PidsLimit 20 -- sh -c 'i=0; while [ $i -lt 100000000 ]; do i=$((i+1)); done' | Start-Container");

        var usage = Assert.IsType<ContainerUsage>(_engine.Run("Measure-Container busy").Single);
        Assert.Equal(("busy", 64L << 20, 20L), (usage.ContainerName, usage.MemoryLimit, usage.PidsLimit));
        Assert.InRange(usage.CpuPercent!.Value, 1, 150);
        Assert.Equal(2, _engine.Run("$n = 0; do { Measure-Container -Continuous -Interval 50ms | ForEach-Object { $_; if (++$n -eq 2) { break } } } while ($false)").Output.Count);
        var ended = _engine.Run("Get-Container busy | Measure-Container -Continuous -Interval 50ms | ForEach-Object { Stop-Container busy -Timeout 0; $_.ContainerName }");
        Assert.Equal(["busy"], ended.Lines);
        Assert.Empty(_engine.Run("Measure-Container").Output);
        Assert.Equal("ContainerNotRunning,Containers.Commands.MeasureContainerCommand", Assert.Single(_engine.Session.Run("Measure-Container busy").Errors).FullyQualifiedErrorId);
    }

    [Fact]
    public void Events_are_shown_filtered()
    {
        _engine.Run("Invoke-Container host -Rm -Name one -Label team=a -- sh -c 'exit 3'; Invoke-Container host -Rm -Name two -- true");

        string Events(string parameters) => string.Join(' ', _engine.Run($"Watch-ContainerEvent -Until 0 {parameters} | ForEach-Object {{ $_.Name + ':' + $_.Action }}").Lines);
        Assert.Equal("one:create one:start one:die one:remove two:create two:start two:die two:remove", Events(""));
        Assert.Equal("one:die two:die", Events("-Action die"));
        Assert.Equal("one:create one:start one:die one:remove", Events("-Container o*"));
        Assert.Equal("one:die", Events("-Label team=a -Action d*"));
        Assert.Equal("", Events("-Label team=b"));
        Assert.Equal("", Events("-Type image"));
        Assert.Equal("", Events("-Image debian"));
        Assert.Equal("two:remove", Events("-Image host:latest -Action remove -Container two"));
        Assert.Equal("", Events("-Since 0"));
        Assert.Empty(_engine.Run("Get-Container | Watch-ContainerEvent").Output);
        var died = Assert.IsType<ContainerEvent>(_engine.Run("Watch-ContainerEvent -Until 0 -Container one -Action die").Single);
        Assert.Equal((3, "container", "a"), (died.ExitCode, died.Type, died.Label["team"]));
    }

    [Fact]
    public void Watching_ends_at_once_with_Ctrl_C_and_with_a_closed_reader()
    {
        using var pipeline = _engine.Session.CreatePipeline("Watch-ContainerEvent");
        var running = pipeline.BeginInvoke();
        Thread.Sleep(300);
        var watch = Stopwatch.StartNew();
        pipeline.Stop();
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"{watch.Elapsed}");
        Assert.True(running.IsCompleted);
        _engine.Run("New-Container host -Name here -- true");
        Assert.Equal(["create"], _engine.Run("do { Watch-ContainerEvent -Since 1h | ForEach-Object { $_.Action; break } } while ($false)").Lines);
    }

    [Fact]
    public void Several_logs_are_one_with_names()
    {
        _engine.Run("New-Container host -Name log-a -- sh -c 'echo a1; sleep 0.3; echo a2' | Start-Container; New-Container host -Name log-b -- sh -c 'sleep 0.15; echo b1' | Start-Container");

        Assert.Equal(["log-a | a1", "log-b | b1", "log-a | a2"], _engine.Run("Get-ContainerLog log-a, log-b -Follow -Raw").Lines);
        Assert.Equal(["a1", "b1", "a2"], _engine.Run("Get-Container log-* | Get-ContainerLog | ForEach-Object Text").Lines);
        Assert.Equal(["log-a | a1", "log-b | b1", "log-a | a2"], _engine.Session.Show("Get-ContainerLog log-*").OutputLines);
    }
}
