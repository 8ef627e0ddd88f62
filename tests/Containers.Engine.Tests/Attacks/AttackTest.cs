using Containers.Engine.Runtime;
using Containers.Interop;

namespace Containers.Engine.Tests.Attacks;

/// <summary>What the attacks have in common: an engine, an attacker's root file system, and a folder of the host to reach.</summary>
public abstract class AttackTest : IDisposable
{
    private protected EngineFixture Fixture { get; } = new();

    private string? rootPath;

    private string? hostFolder;

    /// <summary>The root file system whose content is the attacker's.</summary>
    private protected string Image => rootPath ??= Fixture.MakeRoot();

    /// <summary>A folder of the host that no container is given.</summary>
    private protected string HostFolder => hostFolder ??= MakeHostFolder();

    private protected ContainerOptions Options(params string[] command) => new() { RootFileSystem = Image, Command = command };

    private protected ContainerOptions Script(string script) => Options("sh", "-c", script);

    private protected RunResult Run(string script) => Fixture.Run(Script(script));

    private protected RunResult RunEdited(ContainerOptions options, Action<PlanEdit> edit) => EditedLaunch.Run(Fixture, options, edit);

    /// <summary>The start must be refused; gives the sentence.</summary>
    private protected string Refused(ContainerOptions options, EngineErrorReason reason = EngineErrorReason.LaunchFailed)
    {
        EngineException error = Assert.Throws<EngineException>(() => Fixture.Run(options));
        Assert.True(error.Reason == reason, $"{error.Reason}: {error.Message}");
        return error.Message;
    }

    private protected void AssertHostFolderIsUntouched()
    {
        Assert.Equal([$"{HostFolder}/secret"], Directory.EnumerateFileSystemEntries(HostFolder));
        Assert.Equal("secret of the host", File.ReadAllText($"{HostFolder}/secret"));
        Assert.Equal(Errno.None, Files.TryStat(Files.CurrentFolder, HostFolder, follow: false, out FileStatus status));
        Assert.Equal(0x1C0, status.Mode & 0xfff);
    }

    private string MakeHostFolder()
    {
        string path = Fixture.MakeFolder("host");
        File.SetUnixFileMode(path, (UnixFileMode)0x1C0);
        File.WriteAllText($"{path}/secret", "secret of the host");
        return path;
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => Fixture.Dispose();
}
