namespace Containers.Engine.Tests.Cgroups;

/// <summary>The machine's v1 hierarchies alone, as on a host without v2.</summary>
public sealed class V1Fixture : CgroupFixture
{
    public V1Fixture()
        : base(
            $"pscontainers-test-{Environment.ProcessId}-v1",
            string.Join('\n', File.ReadLines("/proc/self/mountinfo").Where(line => !line.Contains(" - cgroup2 ", StringComparison.Ordinal))))
    {
    }
}
