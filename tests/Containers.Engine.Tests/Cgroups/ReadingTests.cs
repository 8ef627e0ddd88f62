using Containers.Engine.Cgroups;

namespace Containers.Engine.Tests.Cgroups;

public sealed class ReadingTests
{
    [Theory]
    [InlineData("0-1", 2)]
    [InlineData("0", 1)]
    [InlineData("0-3,8,10-11\n", 7)]
    public void Lists_of_processors_are_counted(string list, int count) => Assert.Equal(count, CpuBandwidth.CountOf(list));

    [Theory]
    [InlineData("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n", 3)]
    [InlineData("low 0\nhigh 0\nmax 17\noom 4\noom_kill 2\noom_group_kill 1\n", 2)]
    [InlineData("oom_kill_disable 0\nunder_oom 0\n", 0)]
    public void Kills_for_memory_are_read_from_either_version(string text, long count) => Assert.Equal(count, ContainerCgroup.OomKillsIn(text));
}
