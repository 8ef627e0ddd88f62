using System.Text.Json.Nodes;
using Containers.Engine;
using Containers.Engine.Cgroups;
using Containers.Engine.Runtime;
using Containers.Engine.Storage;
using Containers.Interop;
using Tmds.Linux;

namespace Containers.Abuse;

/// <summary>An engine with roots and a cgroup parent of its own, and a root file system around busybox for its containers.</summary>
internal sealed class AbuseRoots : IDisposable
{
    private const string Busybox = "/bin/busybox";
    private static readonly string[] Applets = ["sh", "true", "sleep", "cat", "echo", "seq"];
    private readonly string name = $"containers-abuse-{Guid.NewGuid():N}";
    private readonly string above;

    /// <summary>Makes them.</summary>
    /// <param name="above">The folder in which; on a file system that overlays can be made on.</param>
    public AbuseRoots(string above = "/var/tmp")
    {
        this.above = above;
        Root = $"{above}/{name}";
        Directory.CreateDirectory(Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        ConfigurationPath = $"{Root}/config.json";
        var configuration = new JsonObject { ["stateRoot"] = $"{Root}/state", ["runtimeRoot"] = $"{Root}/run", ["cgroupParent"] = CgroupParent };
        File.WriteAllText(ConfigurationPath, configuration.ToJsonString());
        MakeRootFileSystem();
        Leftovers = new LeftoverCheck(Root, CgroupParent);
        Engine = ContainerEngine.Open(ConfigurationPath);
    }

    /// <summary>Why this machine cannot have them; null where it can.</summary>
    public static string? Missing => !Environment.IsPrivilegedProcess ? "containers are made as root" : File.Exists(Busybox) ? null : "busybox (statically linked) is not installed";

    public string Root { get; }

    public string ConfigurationPath { get; }

    public string CgroupParent { get; } = $"pscontainers-abuse-{Environment.ProcessId}";

    public string RootFileSystem => $"{Root}/rootfs";

    /// <summary>Where sessions write what should not have happened to them.</summary>
    public string FindingsFile => $"{Root}/findings";

    public LeftoverCheck Leftovers { get; }

    /// <summary>This process's engine: a session that nobody kills.</summary>
    public ContainerEngine Engine { get; }

    /// <summary>Removes every container.</summary>
    /// <returns>What is left although nothing should be.</returns>
    public IReadOnlyList<string> RemoveAll()
    {
        var findings = new List<string>();
        _ = LeftoverCheck.Patiently(() => Engine.List().All(container => container is not { State: ContainerState.Creating, Reason: StateReason.None }));
        foreach (ContainerSnapshot container in Engine.List())
        {
            try
            {
                Engine.Remove(container.Id, force: true);
            }
            catch (EngineException gone) when (gone.Reason == EngineErrorReason.NotFound)
            {
                // What its monitor became has removed it.
            }
            catch (Exception failure) when (failure is EngineException or KernelException)
            {
                findings.Add($"{container.Name} ({container.State}) cannot be removed: {failure.Message}");
            }
        }

        findings.AddRange(Leftovers.FindPatiently().Select(left => $"left behind: {left}"));
        findings.AddRange(Engine.FindStale().Select(stale => $"out of order at the end: {stale}"));
        return findings;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Engine.Dispose();
        using (CgroupManager cgroups = CgroupManager.Detect(CgroupParent))
        {
            _ = LeftoverCheck.Patiently(cgroups.RemoveParentIfEmpty);
        }

        using FileDescriptor folder = Files.Open(Files.CurrentFolder, above, LibC.O_RDONLY | LibC.O_DIRECTORY);
        _ = FolderRemoval.Remove(folder.Number, name);
    }

    private void MakeRootFileSystem()
    {
        foreach (string folder in (string[])["bin", "etc", "tmp"])
        {
            Directory.CreateDirectory($"{RootFileSystem}/{folder}");
        }

        File.Copy(Busybox, $"{RootFileSystem}/bin/busybox");
        foreach (string applet in Applets)
        {
            File.CreateSymbolicLink($"{RootFileSystem}/bin/{applet}", "busybox");
        }
    }
}
