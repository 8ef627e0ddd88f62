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
    public void A_cgroup_that_is_not_there_and_a_path_that_leads_back_are_errors()
    {
        Assert.StartsWith("CgroupNotFound,", _engine.Fails("Get-Cgroup /pscontainers-test-none").FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("CgroupArgumentInvalid,", _engine.Fails("Get-Cgroup /a/../b").FullyQualifiedErrorId, StringComparison.Ordinal);
    }
}
