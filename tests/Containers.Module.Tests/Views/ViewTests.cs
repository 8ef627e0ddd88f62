using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.Views;

public sealed class ViewTests : IDisposable
{
    private const string Long = "'a-name-that-is-much-too-long-for-any-column-of-a-table-and-goes-on-and-on-and-on-and-on-and-on-and-on-and-on'";

    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void Containers_are_a_table_with_state_age_and_what_is_privileged()
    {
        var lines = _session.Show(
            """
            [Containers.Container]@{ Id = '0123456789abcdef0123'; Name = 'web'; Image = 'debian:latest'; Command = [string[]]('sh', '-c', 'echo a')
                State = 'Exited'; Reason = 'OutOfMemory'; ExitCode = 137; CreatedAt = [DateTimeOffset]::Now.AddHours(-3); Privileged = $true }
            [Containers.Container]@{ Id = 'f123456789abcdef0123'; Name = 'db'; RootFileSystem = '/srv/root'; State = 'Running'; CreatedAt = [DateTimeOffset]::Now }
            """).OutputLines;

        Assert.Equal(["Id", "Name", "State", "Age", "Image", "Command", "Privileged"], Words(lines[0]));
        Assert.Equal("0123456789ab web                Exited (137, OutOfMemory)    3 h debian:latest", lines[2][..79].TrimEnd());
        Assert.EndsWith("sh -c 'echo a'               yes", lines[2], StringComparison.Ordinal);
        Assert.Equal(["f123456789ab", "db", "Running", "0", "s", "/srv/root"], Words(lines[3]));
    }

    [Fact]
    public void The_state_of_a_running_container_tells_whether_it_is_well()
    {
        var lines = _session.Show(
            """
            foreach ($status in 'Starting', 'Healthy', 'Unhealthy') {
                [Containers.Container]@{ Id = '0'; Name = 'x'; State = 'Running'; Health = [Containers.ContainerHealth]@{ Status = $status } }
            }
            [Containers.Container]@{ Id = '0'; Name = 'x'; State = 'Exited'; ExitCode = 1; Health = [Containers.ContainerHealth]@{ Status = 'Unhealthy' } }
            """).OutputLines;

        Assert.Equal(["Running (health starting)", "Running (healthy)", "Running (unhealthy)", "Exited (1)"], lines.Skip(2).Take(4).Select(line => line.PadRight(57)[32..57].Trim()));
    }

    [Theory]
    [InlineData($"[Containers.Container]@{{ Id = {Long}; Name = {Long}; Image = {Long}; Command = [string[]]{Long}; State = 'Exited'; Reason = 'OutOfMemory'; ExitCode = 137; Privileged = $true }}")]
    [InlineData($"[Containers.ContainerImage]@{{ Id = {Long}; Name = {Long}; Size = 123456789; Architecture = {Long}; CreatedAt = [DateTimeOffset]::MinValue; IsBuiltIn = $true }}")]
    [InlineData($"[Containers.ContainerProcess]@{{ ContainerId = {Long}; ContainerName = {Long}; ProcessId = 4194303; InnerProcessId = 4194303; UserName = {Long}; State = 'DiskSleep'; CpuPercent = 1234.5; Memory = 1023GB; Name = {Long}; CommandLine = {Long} }}")]
    [InlineData($"[Containers.ContainerUsage]@{{ ContainerId = {Long}; ContainerName = {Long}; CpuPercent = 1234.5; Memory = 1023GB; MemoryLimit = 1023GB; MemoryPercent = 100; Pids = 123456; NetworkReceived = 1023GB; NetworkSent = 1023GB; BlockRead = 1023GB; BlockWritten = 1023GB }}")]
    [InlineData($"[Containers.ContainerRepair]@{{ Kind = 'Container'; Name = {Long}; Id = {Long}; Problem = {Long}; Action = {Long} }}")]
    [InlineData($"[Containers.ContainerEvent]@{{ Type = 'container'; Action = 'health_status'; Id = {Long}; Name = {Long}; Image = {Long} }}")]
    [InlineData($"[Containers.ContainerHealthResult]@{{ ContainerName = {Long}; ContainerId = {Long}; ExitCode = -1; Output = {Long} }}")]
    public void Tables_are_at_most_120_columns_wide(string script) =>
        Assert.All(_session.Show(script).OutputLines, line => Assert.InRange(line.Length, 1, 120));

    [Fact]
    public void Images_are_a_table_with_sizes_for_people()
    {
        var lines = _session.Show(
            "[Containers.ContainerImage]@{ Id = 'sha256:0123456789abcdef'; Name = 'debian:latest'; Size = 130023424; Architecture = 'amd64' }").OutputLines;

        Assert.Equal(["Name", "Id", "Size", "Architecture", "Age", "BuiltIn"], Words(lines[0]));
        Assert.Equal(["debian:latest", "0123456789ab", "124", "MiB", "amd64"], Words(lines[2]));
    }

    [Fact]
    public void Headings_of_images_are_whole_on_a_terminal_of_80_columns()
    {
        _session.Shown.RawUI.BufferSize = _session.Shown.RawUI.WindowSize = new(80, 50);
        var lines = _session.Show("[Containers.ContainerImage]@{ Id = 'sha256:0123456789abcdef'; Name = 'debian:latest'; Architecture = 'amd64' }").OutputLines;

        Assert.Equal(["Name", "Id", "Size", "Architecture", "Age"], Words(lines[0]));
    }

    [Fact]
    public void Log_records_are_shown_as_their_text() =>
        Assert.Equal(
            ["first", "second"],
            _session.Show(
                """
                [Containers.ContainerLogRecord]@{ Text = 'first'; ContainerId = 'a'; ContainerName = 'b' }
                [Containers.ContainerLogRecord]@{ Text = 'second'; ContainerId = 'a'; ContainerName = 'b'; Stream = 'StdErr' }
                """).OutputLines);

    [Fact]
    public void The_engine_is_a_list()
    {
        var lines = _session.Show(
            "[Containers.ContainerEngineInfo]@{ Version = '1.2'; KernelVersion = '6.1'; Memory = 8GB; CgroupController = [string[]]('memory', 'pids') }").OutputLines;

        Assert.Contains(lines, line => Words(line) is ["Version", ":", "1.2"]);
        Assert.Contains(lines, line => Words(line) is ["CgroupController", ":", "memory,", "pids"]);
        Assert.Contains(lines, line => Words(line) is ["Memory", ":", "8", "GiB"]);
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
