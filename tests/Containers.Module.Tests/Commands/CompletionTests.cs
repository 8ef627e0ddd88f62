using Containers.Module.Tests.Hosting;

namespace Containers.Module.Tests.Commands;

public sealed class CompletionTests : IDisposable
{
    private readonly PowerShellSession _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("New-Container -CapAdd NET_", "NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW")]
    [InlineData("New-Container -CapDrop cap_sys_t", "SYS_TIME SYS_TTY_CONFIG")]
    [InlineData("Invoke-Container -CapAdd AL", "ALL")]
    [InlineData("Stop-Container -Signal KI", "SIGKILL")]
    [InlineData("Stop-Container -Signal sigrt", "SIGRTMIN SIGRTMAX")]
    [InlineData("New-Container -Network ", "None Host")]
    [InlineData("New-Container -Network h", "Host")]
    [InlineData("New-Container -SecurityOpt no", "no-new-privileges=false no-new-privileges=true")]
    [InlineData("New-Container -Ulimit no", "nofile=")]
    [InlineData("New-Container -Sysctl kernel.shmm", "kernel.shmmax= kernel.shmmni=")]
    [InlineData("New-Container -Mount type=t", "'type=tmpfs,target='")]
    [InlineData("New-Container -SecurityOpt sy", "systempaths=unconfined")]
    public void Known_values_are_offered(string line, string expected) => Assert.Equal(expected.Split(' '), _session.Complete(line));
}
