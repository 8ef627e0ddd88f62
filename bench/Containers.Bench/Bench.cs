namespace Containers.Bench;

/// <summary>Runs the contestants in turns (A B C A B C ...), so that what else the machine does meets them alike.</summary>
internal sealed class Bench : IDisposable
{
    private const int WarmUps = 3;
    private const int ImportRuns = 9;

    private readonly BenchArguments arguments;
    private readonly CancellationToken cancellation;
    private readonly Workspace workspace;
    private readonly Peers peers;

    internal Bench(BenchArguments arguments, CancellationToken cancellation)
    {
        this.arguments = arguments;
        this.cancellation = cancellation;
        workspace = new Workspace();
        peers = new Peers(workspace);

        // The engine under test keeps its images and containers in the workspace; every coprocess inherits this.
        Environment.SetEnvironmentVariable("CONTAINERS_CONFIG", workspace.WriteEngineConfiguration());
    }

    internal Report Run()
    {
        Contestant[] contestants = [.. Contestants().Where(c => arguments.Wants(c.Name))];
        try
        {
            Interleave(contestants);
        }
        finally
        {
            Array.ForEach(contestants, static c => c.Dispose());
        }

        return new Report(contestants, arguments.Wants("memory") ? [.. Memory()] : [], arguments.Wants("import") ? Imports() : []);
    }

    public void Dispose()
    {
        peers.Dispose();
        workspace.Dispose();
    }

    private IEnumerable<Contestant> Contestants()
    {
        yield return new Contestant("floor", "clone, overlay, proc, pivot_root", () => new Coprocess(
            workspace.Floor, "container", workspace.RootFileSystem, workspace.NewFolder("upper"), workspace.NewFolder("work"), workspace.NewFolder("merged"), "/true"));
        yield return new Contestant("engine", "ContainerEngine.Run", () => new Coprocess(Workspace.Self("--serve", "engine", workspace.Archive)));
        yield return new Contestant("cmdlet", "Invoke-Container -Rm", () =>
        {
            _ = Servers.ModuleManifest();
            return new Coprocess(Workspace.Self("--serve", "cmdlet", workspace.Archive));
        });
        yield return new Contestant("crun", "crun run, no cgroup", peers.Crun);
        yield return new Contestant("runc", "runc run", peers.Runc);
        yield return new Contestant("podman-none", "podman run --network none", () => peers.Podman("--network", "none"));
        yield return new Contestant("podman", "podman run", () => peers.Podman());
        yield return new Contestant("docker-none", "docker run --network none", () => peers.Docker("--network", "none"));
        yield return new Contestant("docker", "docker run", () => peers.Docker());
        yield return new Contestant("exec-engine", "ContainerEngine.Execute", () => new Coprocess(Workspace.Self("--serve", "exec-engine", workspace.Archive)));
        yield return new Contestant("exec-cmdlet", "Invoke-ContainerCommand", () =>
        {
            _ = Servers.ModuleManifest();
            return new Coprocess(Workspace.Self("--serve", "exec-cmdlet", workspace.Archive));
        });
        yield return new Contestant("exec-crun", "crun exec, no cgroup", peers.CrunExec);
        yield return new Contestant("exec-podman", "podman exec", peers.PodmanExec);
        yield return new Contestant("exec-docker", "docker exec", peers.DockerExec);
    }

    private void Interleave(Contestant[] contestants)
    {
        Array.ForEach(contestants, static c => c.Start());
        for (int round = -WarmUps; round < arguments.Runs; round++)
        {
            foreach (Contestant contestant in contestants)
            {
                cancellation.ThrowIfCancellationRequested();
                contestant.Run(isTimed: round >= 0);
            }
        }
    }

    private IEnumerable<MemoryRow> Memory()
    {
        yield return Measured("monitor", () =>
        {
            using var session = new Coprocess(Workspace.Self("--serve", "engine", workspace.Archive));
            var monitor = (int)session.Ask(Coprocess.IdleRequest);
            return MemoryRow.Of("monitor", monitor);
        });
        yield return Measured("conmon", () =>
        {
            using Coprocess podman = peers.PodmanIdle();
            _ = podman.Ask();
            return MemoryRow.OfProgram("conmon", workspace);
        });
        yield return Measured("containerd-shim", () =>
        {
            peers.DockerIdle();
            return MemoryRow.OfProgram("containerd-shim", workspace);
        });
    }

    private static MemoryRow Measured(string name, Func<MemoryRow> measure)
    {
        try
        {
            return measure();
        }
        catch (AbsentException absent)
        {
            return new MemoryRow(name, null, null, absent.Message);
        }
    }

    private Contestant[] Imports()
    {
        Contestant? module = null;
        try
        {
            string manifest = Servers.ModuleManifest();
            module = new Contestant("module", "Containers.psd1", () => new Coprocess(Workspace.Self("--serve", "import", manifest)));
        }
        catch (AbsentException absent)
        {
            module = new Contestant("module", "Containers.psd1", () => throw new AbsentException(absent.Message));
        }

        string emptyFile = Path.Combine(AppContext.BaseDirectory, "empty", "Containers.Bench.EmptyModule.dll");
        var empty = new Contestant("empty", "a binary module with one cmdlet", () => new Coprocess(Workspace.Self("--serve", "import", emptyFile)));
        for (int round = -1; round < ImportRuns; round++)
        {
            foreach (Contestant contestant in new[] { empty, module })
            {
                cancellation.ThrowIfCancellationRequested();
                contestant.Start();
                contestant.Run(isTimed: round >= 0);
                contestant.Dispose();
            }
        }

        return [empty, module];
    }
}
