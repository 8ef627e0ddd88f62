namespace Containers.Module.Tests.EndToEnd;

public sealed class CgroupTests : IDisposable
{
    private readonly EngineSessionFixture _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void The_cgroups_of_a_process_are_those_of_the_kernel()
    {
        var found = _engine.Run("Get-Cgroup -ProcessId $PID").Output.Select(item => Assert.IsType<Cgroup>(item.BaseObject)).ToArray();

        string[] paths = [.. File.ReadAllLines("/proc/self/cgroup").Select(line => line.Split(':', 3)[2]).Distinct()];
        Assert.NotEmpty(found);
        Assert.All(found, cgroup => Assert.Contains(cgroup.Path, paths));
        Assert.All(found, cgroup => Assert.Contains(Environment.ProcessId, cgroup.ProcessId));
    }

    [Fact]
    public void One_is_made_limited_measured_and_removed()
    {
        var path = $"/pscontainers-test-{Guid.NewGuid():N}";
        Assert.Equal([$"{path}/a"], _engine.Run($"New-Cgroup {path}/a | ForEach-Object Path").Lines);
        Assert.Equal(["67108864 0.5 20 0"], _engine.Run($"Set-CgroupLimit {path}/a -Memory 64MB -Cpus 0.5 -PidsLimit 20 -CpusetCpus 0 -PassThru | ForEach-Object {{ \"$($_.Memory) $($_.Cpus) $($_.PidsLimit) $($_.CpusetCpus)\" }}").Lines);
        Assert.Equal([""], _engine.Run($"Set-CgroupLimit {path}/a -Memory Unlimited; \"$((Get-CgroupLimit {path}/a).Memory)\"").Lines);
        Assert.Equal(["0 0"], _engine.Run($"Get-Cgroup {path}/a | Measure-Cgroup -Interval 20ms | ForEach-Object {{ \"$($_.Pids) $($_.CpuPercent)\" }}").Lines);
        Assert.StartsWith("CgroupBusy,", _engine.Fails($"Remove-Cgroup {path}").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("ParameterArgumentTransformationError,", _engine.Fails($"Set-CgroupLimit {path}/a -DeviceReadBps /dev/null:1MB").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(_engine.Run($"Remove-Cgroup {path} -Recurse -WhatIf; Get-Cgroup {path} -Recurse | Suspend-Cgroup; Resume-Cgroup {path}, {path}/a; Remove-Cgroup {path} -Recurse").Output);
        Assert.StartsWith("CgroupNotFound,", _engine.Fails($"Get-CgroupLimit {path}").FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void A_container_s_is_found_and_is_not_removed()
    {
        _engine.Run("Invoke-Container host -Detach -Name h -Memory 100MB -- sleep 1000");
        Assert.Equal(["104857600"], _engine.Run("Get-CgroupLimit -Container h | ForEach-Object Memory").Lines);
        Assert.StartsWith("CgroupBusy,", _engine.Fails("Get-Cgroup -Container h | Remove-Cgroup -Force").FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cgroup_that_is_not_there_and_a_path_that_leads_back_are_errors()
    {
        Assert.StartsWith("CgroupNotFound,", _engine.Fails("Get-Cgroup /pscontainers-test-none").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("CgroupArgumentInvalid,", _engine.Fails("Get-Cgroup /a/../b").FullyQualifiedErrorId, StringComparison.Ordinal);
    }
}
