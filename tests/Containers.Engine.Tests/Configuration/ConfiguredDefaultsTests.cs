using System.Diagnostics;
using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Configuration;

/// <summary>What the configuration says holds for containers that do not say otherwise.</summary>
public sealed class ConfiguredDefaultsTests : IDisposable
{
    private readonly EngineFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    [Fact]
    public void Logs_limits_and_privileges_are_taken_from_the_configuration()
    {
        fixture.Configure("""
            "log": { "maxSize": 8192 }, "limits": { "memory": 67108864, "pidsLimit": 77 }, "runtime": { "noNewPrivileges": false }
            """);
        string root = fixture.MakeRoot();
        const string script = "grep ^NoNewPrivs /proc/self/status | cut -f 2";
        RunResult result = fixture.Run(new ContainerOptions { RootFileSystem = root, Command = ["sh", "-c", script] });
        Assert.Equal("0\n", result.Good());
        ContainerOptions taken = result.Container.Options;
        Assert.Equal((8192L, 3), (taken.Log?.MaxSize, taken.Log?.MaxFiles));
        Assert.Equal((67108864L, null, 77L), (taken.Limits.Memory, taken.Limits.Cpus, taken.Limits.PidsLimit));
        result = fixture.Run(new ContainerOptions
        {
            RootFileSystem = root, NoNewPrivileges = true, Limits = new ResourceLimits { PidsLimit = 50 }, Log = new LogOptions { MaxFiles = 5 },
            Command = ["sh", "-c", script],
        });
        Assert.Equal("1\n", result.Good());
        Assert.Equal((50L, 5), (result.Container.Options.Limits.PidsLimit, result.Container.Options.Log?.MaxFiles));
    }

    [Fact]
    public void The_configured_seccomp_profile_replaces_the_built_in_one_but_not_one_that_is_asked_for()
    {
        string profile = $"{fixture.Root}/profile.json";
        fixture.Configure($$"""
            "runtime": { "seccompProfile": "{{profile}}" }
            """);
        string root = fixture.MakeRoot();
        EngineException e = Assert.Throws<EngineException>(() => fixture.Shell(root, "true"));
        Assert.Equal(EngineErrorReason.InvalidConfiguration, e.Reason);
        Assert.Contains(profile, e.Message, StringComparison.Ordinal);
        File.WriteAllText(profile, """{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ { "names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28 } ] }""");
        Assert.Contains("No space left", fixture.Shell(root, "mkdir /x").Error, StringComparison.Ordinal);
        Assert.Equal(0, fixture.Run(new ContainerOptions { RootFileSystem = root, SeccompProfile = "unconfined", Command = ["mkdir", "/x"] }).ExitCode);
        Assert.Equal(0, fixture.Run(new ContainerOptions { RootFileSystem = root, Privileged = true, Command = ["mkdir", "/y"] }).ExitCode);
    }

    [Fact]
    public void A_stop_without_a_time_takes_the_configured_one()
    {
        fixture.Configure("""
            "runtime": { "stopTimeout": 0 }
            """);
        ContainerSnapshot container = fixture.Engine.Create(
            new ContainerOptions { RootFileSystem = fixture.MakeRoot(), StopSignal = 28, Command = ["sleep", "1000"] }, TestContext.Current.CancellationToken);
        _ = fixture.Engine.Start(container.Id, TestContext.Current.CancellationToken);
        var watch = Stopwatch.StartNew();
        Assert.Equal(137, fixture.Engine.Stop(container.Id, signal: null, timeout: null, TestContext.Current.CancellationToken).ExitCode);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(9), $"{watch.Elapsed}");
        fixture.Engine.Remove(container.Id, force: false, TestContext.Current.CancellationToken);
    }
}
